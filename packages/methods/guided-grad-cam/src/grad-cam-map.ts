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
    const { height, width, gradient } = sample;
    const pixels = height * width;
    const map = weighChannels(sample, (k) => {
      let sum = 0;
      for (let i = k * pixels; i < (k + 1) * pixels; i++) sum += gradient[i]!;
      return sum / pixels;
    });
    return map.map((value) => Math.max(value, 0));
  },
});
