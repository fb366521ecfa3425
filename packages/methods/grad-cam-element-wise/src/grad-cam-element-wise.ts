import { defineClassActivationMap, type ClassActivationMapOptions, type MethodFactory } from '@pellucid/core';

/** Where the map is made, and how it is shown at the input's size. */
export type GradCamElementWiseOptions = ClassActivationMapOptions;

/**
 * Element-wise Grad-CAM: the layer times its gradient, value by value, of which the positive products are summed over the channels. One
 * channel per map, never negative, in the layer's layout.
 * @see {@link https://arxiv.org/abs/2011.08891 | Draelos and Carin 2020}, whose products these are, rectified before the sum
 */
export const gradCamElementWise: MethodFactory<'activations' | 'gradient', GradCamElementWiseOptions> = defineClassActivationMap({
  name: 'grad-cam-element-wise',
  title: 'Grad-CAM, element-wise',
  paper: {
    authors: 'Draelos, Carin',
    year: 2020,
    title: 'Use HiResCAM instead of Grad-CAM for faithful explanations of convolutional neural networks',
    url: 'https://arxiv.org/abs/2011.08891',
  },
  kind: 'local',
  needs: ['activations', 'gradient'],
  options: {},
  map: ({ channels, height, width, activation, gradient }) => {
    const map = new Float64Array(height * width);
    for (let k = 0; k < channels; k++) {
      for (let p = 0, i = k * map.length; p < map.length; p++, i++) map[p]! += Math.max(activation[i]! * gradient[i]!, 0);
    }
    return map;
  },
});
