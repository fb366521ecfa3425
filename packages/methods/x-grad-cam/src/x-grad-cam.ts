import { defineClassActivationMap, reluOption, weighChannels, type ClassActivationMapOptions, type MethodFactory } from '@pellucid/core';

/** Where the map is made, and how it is shown at the input's size. */
export interface XGradCamOptions extends ClassActivationMapOptions {
  /** Whether to keep only what speaks for the class; before resizing. @defaultValue true */
  readonly relu: boolean;
}

/** Keeps the weight of a channel whose values sum to zero finite, as pytorch-grad-cam does. */
const EPSILON = 1e-7;

/**
 * XGrad-CAM: the channels of a layer, each weighted by the mean of its gradient that counts every place as much as the channel is active
 * there; the weights come closest to the axioms of sensitivity and conservation. One channel per map, in the layer's layout.
 * @see {@link https://arxiv.org/abs/2008.02312 | Fu et al. 2020}
 */
export const xGradCam: MethodFactory<'activations' | 'gradient', XGradCamOptions> = defineClassActivationMap({
  name: 'x-grad-cam',
  title: 'XGrad-CAM',
  paper: {
    authors: 'Fu, Hu, Dong, Guo, Gao, Li',
    year: 2020,
    title: 'Axiom-based Grad-CAM: Towards Accurate Visualization and Explanation of CNNs',
    url: 'https://arxiv.org/abs/2008.02312',
  },
  kind: 'local',
  needs: ['activations', 'gradient'],
  options: { relu: reluOption(true) },
  map: (sample) => {
    const { height, width, activation, gradient } = sample;
    const pixels = height * width;
    return weighChannels(sample, (k) => {
      let total = 0;
      let product = 0;
      for (let i = k * pixels; i < (k + 1) * pixels; i++) {
        total += activation[i]!;
        product += activation[i]! * gradient[i]!;
      }
      return product / (total + EPSILON);
    });
  },
});
