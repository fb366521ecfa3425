import { defineClassActivationMap, reluOption, weighChannels, type ClassActivationMapOptions, type MethodFactory } from '@pellucid/core';

/** Where the map is made, and how it is shown at the input's size. */
export interface GradCamOptions extends ClassActivationMapOptions {
  /** Whether to keep only what speaks for the class, as in the paper; before resizing. @defaultValue true */
  readonly relu: boolean;
}

/**
 * Grad-CAM: the channels of a layer, each weighted by the mean of its gradient. One channel per map, in the layer's layout; at the
 * input's size unless `upsample` is false.
 * @see {@link https://arxiv.org/abs/1610.02391 | Selvaraju et al. 2017}, equations 1 and 2
 */
export const gradCam: MethodFactory<'activations' | 'gradient', GradCamOptions> = defineClassActivationMap({
  name: 'grad-cam',
  title: 'Grad-CAM',
  paper: {
    authors: 'Selvaraju, Cogswell, Das, Vedantam, Parikh, Batra',
    year: 2017,
    title: 'Grad-CAM: Visual Explanations from Deep Networks via Gradient-based Localization',
    url: 'https://arxiv.org/abs/1610.02391',
  },
  kind: 'local',
  needs: ['activations', 'gradient'],
  options: { relu: reluOption(true) },
  weigh: 'means',
  map: (sample) => {
    const { height, width, gradient } = sample;
    const pixels = height * width;
    return weighChannels(sample, (k) => {
      let sum = 0;
      for (let i = k * pixels; i < (k + 1) * pixels; i++) sum += gradient[i]!;
      return sum / pixels;
    });
  },
});
