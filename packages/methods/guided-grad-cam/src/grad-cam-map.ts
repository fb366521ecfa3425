import { defineClassActivationMap, type ClassActivationMapOptions, type MethodFactory } from '@pellucid/core';

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
  map: ({ channels, height, width, activation, gradient }) => {
    const pixels = height * width;
    const map = new Float64Array(pixels);
    for (let k = 0; k < channels; k++) {
      const offset = k * pixels;
      let weight = 0;
      for (let p = 0; p < pixels; p++) weight += gradient[offset + p]! / pixels;
      for (let p = 0; p < pixels; p++) map[p]! += weight * activation[offset + p]!;
    }
    return map.map((value) => Math.max(value, 0));
  },
});
