import { defineClassActivationMap, reluOption, type ClassActivationMapOptions, type MethodFactory } from '@pellucid/core';

/** Where the map is made, and how it is shown at the input's size. */
export interface HiResCamOptions extends ClassActivationMapOptions {
  /** Whether to keep only what speaks for the class; before resizing. The paper shows both. @defaultValue true */
  readonly relu: boolean;
}

/**
 * HiResCAM: the layer times its gradient, value by value, summed over the channels: what each place adds to the score, exactly where the
 * rest of the network is linear. One channel per map, in the layer's layout.
 * @see {@link https://arxiv.org/abs/2011.08891 | Draelos and Carin 2020}
 */
export const hiResCam: MethodFactory<'activations' | 'gradient', HiResCamOptions> = defineClassActivationMap({
  name: 'hi-res-cam',
  title: 'HiResCAM',
  paper: {
    authors: 'Draelos, Carin',
    year: 2020,
    title: 'Use HiResCAM instead of Grad-CAM for faithful explanations of convolutional neural networks',
    url: 'https://arxiv.org/abs/2011.08891',
  },
  kind: 'local',
  needs: ['activations', 'gradient'],
  options: { relu: reluOption(true) },
  map: ({ channels, height, width, activation, gradient }) => {
    const map = new Float64Array(height * width);
    for (let k = 0; k < channels; k++) {
      for (let p = 0, i = k * map.length; p < map.length; p++, i++) map[p]! += activation[i]! * gradient[i]!;
    }
    return map;
  },
});
