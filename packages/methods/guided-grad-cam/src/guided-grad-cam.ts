import {
  batchSize, choiceOption, convertLayout, defineMethod, gradientAt, imageGeometry, INPUT, isSpatial, sampleData, zeros,
  type ClassActivationMapOptions, type Interpolation, type Layout, type MethodFactory, type Tensor,
} from '@pellucid/core';
import { gradCamMap } from './grad-cam-map.ts';
import { guidedRules } from './rules.ts';

/** Where the coarse map is made, and how it comes to the size of the image. */
export interface GuidedGradCamOptions extends Pick<ClassActivationMapOptions, 'layer' | 'tokens'> {
  /** How the coarse map is brought to the size of the image. @defaultValue 'bilinear', as in the paper */
  readonly upsample: Interpolation;
}

/** Each channel of images, times a map of one channel in the same layout. */
function multiplyByMap(images: Tensor, maps: Tensor, layout: Layout): Tensor {
  const { channels, height, width, channelStride, pixelStride } = imageGeometry(images.shape, layout);
  const result = zeros(images.shape);
  for (let sample = 0; sample < batchSize(images); sample++) {
    const [from, map, to] = [sampleData(images, sample), sampleData(maps, sample), sampleData(result, sample)];
    for (let channel = 0; channel < channels; channel++) {
      for (let p = 0; p < height * width; p++) {
        const position = channel * channelStride + p * pixelStride;
        to[position] = from[position]! * map[p]!;
      }
    }
  }
  return result;
}

/**
 * Guided Grad-CAM: guided backpropagation at the input times the Grad-CAM map of a layer, value by value. In the input's shape, signed. Activations
 * other than ReLU keep their true derivative; the explanation lists them.
 * @see {@link https://arxiv.org/abs/1610.02391 | Selvaraju et al. 2017}, section 3.2
 */
export const guidedGradCam: MethodFactory<'activations' | 'gradient' | 'backward-rules', GuidedGradCamOptions> = defineMethod({
  name: 'guided-grad-cam',
  title: gradCamMap.title,
  paper: gradCamMap.paper,
  kind: 'local',
  needs: ['activations', 'gradient', 'backward-rules'],
  options: {
    layer: gradCamMap.options.layer,
    tokens: gradCamMap.options.tokens,
    upsample: choiceOption(['bilinear', 'nearest'], 'bilinear', 'How the coarse map is brought to the size of the image.'),
  },
  backwardRules: () => guidedRules,
  async explain(model, batch, { layer, tokens, upsample }, context) {
    const { input, layout, objective } = batch;
    const coarse = await gradCamMap({ layer, tokens, upsample }).explain(model, batch, context);
    const from = coarse.layout ?? layout;
    const maps = isSpatial(layout) && from !== layout ? convertLayout(coarse.values, from, layout) : coarse.values;
    const gradient = { of: objective, at: [INPUT], rules: guidedRules } as const;
    const fine = gradientAt(await model.evaluate({ input, gradient }), INPUT);
    return { values: multiplyByMap(fine, maps, layout), ...(coarse.layer !== undefined && { layer: coarse.layer }) };
  },
});
