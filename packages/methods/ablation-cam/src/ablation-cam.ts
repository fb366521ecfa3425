import {
  defineClassActivationMap, numberOption, reluOption, scoreLayers, weighChannels, type ClassActivationMapOptions, type MethodFactory,
} from '@pellucid/core';

/** Where the map is made, what takes a channel's place, and how the map is shown at the input's size. */
export interface AblationCamOptions extends ClassActivationMapOptions {
  /** Whether to keep only what speaks for the class, as in the paper; before resizing. @defaultValue true */
  readonly relu: boolean;
  /** The value that an ablated channel has everywhere. @defaultValue 0, as in the paper */
  readonly value: number;
}

/**
 * Ablation-CAM: the channels of a layer, each weighted by the share of the score that is lost without it. The share is of the score's
 * absolute value: where the score is negative, a channel that speaks for the class still has a positive weight. Needs no gradients. One
 * channel per map, in the layer's layout.
 * @see {@link https://openaccess.thecvf.com/content_WACV_2020/html/Desai_Ablation-CAM_Visual_Explanations_for_Deep_Convolutional_Network_via_Gradient-free_WACV_2020_paper.html | Desai and Ramaswamy 2020}
 */
export const ablationCam: MethodFactory<'activations' | 'intervention', AblationCamOptions> = defineClassActivationMap({
  name: 'ablation-cam',
  title: 'Ablation-CAM',
  paper: {
    authors: 'Desai, Ramaswamy',
    year: 2020,
    title: 'Ablation-CAM: Visual Explanations for Deep Convolutional Network via Gradient-free Localization',
    url: 'https://openaccess.thecvf.com/content_WACV_2020/html/Desai_Ablation-CAM_Visual_Explanations_for_Deep_Convolutional_Network_via_Gradient-free_WACV_2020_paper.html',
  },
  kind: 'local',
  needs: ['activations', 'intervention'],
  options: {
    relu: reluOption(true),
    value: numberOption(0, -Number.MAX_VALUE, Number.MAX_VALUE, 'The value that an ablated channel has everywhere.'),
  },
  map: async (sample, { value }) => {
    const { channels, height, width, score, place, scene } = sample;
    const scores = await scoreLayers(scene, channels, (k, values) => {
      for (let p = 0; p < height * width; p++) values[place(k, p)] = value;
    });
    // A score of 0 has no shares: the losses are weights themselves.
    const unit = score === 0 ? 1 : Math.abs(score);
    return weighChannels(sample, (k) => (score - scores[k]!) / unit);
  },
});
