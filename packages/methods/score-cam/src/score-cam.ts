import {
  defineClassActivationMap, imageGeometry, reluOption, scoreInputs, softmax, weighChannels,
  type ClassActivationMapOptions, type MethodFactory,
} from '@pellucid/core';
import { channelMask } from './masks.ts';

/** Where the map is made, and how it is shown at the input's size. */
export interface ScoreCamOptions extends ClassActivationMapOptions {
  /** Whether to keep only what speaks for the class, as in the paper; before resizing. @defaultValue true */
  readonly relu: boolean;
}

/**
 * Score-CAM: the channels of a layer, each weighted by the score of the image seen through it: masked by the channel, scaled to between
 * 0 and 1. The weights are the softmax of the scores over the channels, so that a score to compare with changes nothing. Needs no gradients.
 * One channel per map, in the layer's layout.
 * @throws SHAPE_MISMATCH where the input has no height and width.
 * @see {@link https://arxiv.org/abs/1910.01279 | Wang et al. 2020}, algorithm 1
 */
export const scoreCam: MethodFactory<'activations', ScoreCamOptions> = defineClassActivationMap({
  name: 'score-cam',
  title: 'Score-CAM',
  paper: {
    authors: 'Wang, Wang, Du, Yang, Zhang, Ding, Mardziel, Hu',
    year: 2020,
    title: 'Score-CAM: Score-Weighted Visual Explanations for Convolutional Neural Networks',
    url: 'https://arxiv.org/abs/1910.01279',
  },
  kind: 'local',
  needs: ['activations'],
  options: { relu: reluOption(true) },
  map: async (sample) => {
    const { channels, scene } = sample;
    const image = imageGeometry(scene.input.shape, scene.layout);
    const scores = await scoreInputs(scene, channels, (k, values) => {
      const mask = channelMask(sample, k, image.height, image.width);
      for (let c = 0; c < image.channels; c++) {
        const start = c * image.channelStride;
        for (let p = 0; p < mask.length; p++) values[start + p * image.pixelStride]! *= mask[p]!;
      }
    });
    const weights = softmax(scores);
    return weighChannels(sample, (k) => weights[k]!);
  },
});
