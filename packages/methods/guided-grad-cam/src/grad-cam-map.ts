import { defineClassActivationMap, weighChannels, type ClassActivationMapOptions, type MethodFactory } from '@pellucid/core';

/** The coarse factor: Grad-CAM, equations 1 and 2, at the size of the image. */
export const gradCamMap: MethodFactory<'activations' | 'gradient', ClassActivationMapOptions> = defineClassActivationMap({
  name: 'guided-grad-cam',
  title: 'Guided Grad-CAM',
  paper: {
    authors: 'Selvaraju, Cogswell, Das, Vedantam, Parikh, Batra',
    year: 2017,
    title: 'Grad-CAM: Visual Explanations from Deep Networks via Gradient-based Localization',
    url: 'https://arxiv.org/abs/1610.02391',
  },
  kind: 'local',
  needs: ['activations', 'gradient'],
  options: {},
  map: (sample) => {
    const pixels = sample.height * sample.width;
    const map = weighChannels(sample, (k) => sample.gradient.subarray(k * pixels, (k + 1) * pixels).reduce((sum, slope) => sum + slope / pixels, 0));
    return map.map((value) => Math.max(value, 0));
  },
});
