import {
  defineClassActivationMap, numberOption, reluOption, weighChannels, type ClassActivationMapOptions, type MethodFactory,
} from '@pellucid/core';

/** Where the map is made, how the weights are kept finite, and how the map is shown at the input's size. */
export interface GradCamPlusPlusOptions extends ClassActivationMapOptions {
  /** Whether to keep only what speaks for the class, as in the paper; before resizing. @defaultValue true */
  readonly relu: boolean;
  /** Added to the denominator of the coefficients; with 0 it is the paper's equation. @defaultValue 1e-6 */
  readonly epsilon: number;
}

/**
 * Grad-CAM++: the channels of a layer, weighted by the positive gradients at their pixels, each pixel with a coefficient from the second
 * and third derivative of the exponential of the explained scalar, so that several objects count alike. The scalar's own exponential,
 * one factor for the whole map, is left out. One channel per map, in the layer's layout.
 * @see {@link https://arxiv.org/abs/1710.11063 | Chattopadhay et al. 2018}, equation 19
 */
export const gradCamPlusPlus: MethodFactory<'activations' | 'gradient', GradCamPlusPlusOptions> = defineClassActivationMap({
  name: 'grad-cam-plus-plus',
  title: 'Grad-CAM++',
  paper: {
    authors: 'Chattopadhay, Sarkar, Howlader, Balasubramanian',
    year: 2018,
    title: 'Grad-CAM++: Improved Visual Explanations for Deep Convolutional Networks',
    url: 'https://arxiv.org/abs/1710.11063',
  },
  kind: 'local',
  needs: ['activations', 'gradient'],
  options: {
    relu: reluOption(true),
    epsilon: numberOption(1e-6, 0, Number.MAX_VALUE, 'Added to the denominator of the coefficients; 0 is the equation of the paper.'),
  },
  map: (sample, { epsilon }) => {
    const { height, width, activation, gradient } = sample;
    const pixels = height * width;
    return weighChannels(sample, (k) => {
      const [start, end] = [k * pixels, (k + 1) * pixels];
      let total = 0;
      let weight = 0;
      for (let i = start; i < end; i++) total += activation[i]!;
      for (let i = start; i < end; i++) {
        const g = gradient[i]!;
        const denominator = 2 * g * g + total * g * g * g + epsilon;
        // relu(g): where the gradient is not positive the coefficient does not matter.
        if (g > 0 && denominator !== 0) weight += (g * g * g) / denominator;
      }
      return weight;
    });
  },
});
