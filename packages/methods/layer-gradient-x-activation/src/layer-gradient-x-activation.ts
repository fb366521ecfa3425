import {
  activationOf, batchSize, concatBatches, defineMethod, findLayer, gradientAt, lastSpatialLayer, layerOption, selectObjective, sliceBatch, zipWith,
  type MethodFactory, type Tensor,
} from '@pellucid/core';

/** Which layer is explained. */
export interface LayerGradientXActivationOptions {
  /** Any layer. @defaultValue the last one with height and width before they are pooled away */
  readonly layer: string | undefined;
}

/**
 * Layer gradient x activation: what every value of a layer adds to the score, were the rest of the network linear. In the layer's shape and
 * layout, signed.
 * @see {@link https://arxiv.org/abs/1312.6034 | Simonyan et al. 2013}, section 3, at a layer instead of the input
 */
export const layerGradientXActivation: MethodFactory<'activations' | 'gradient', LayerGradientXActivationOptions> = defineMethod({
  name: 'layer-gradient-x-activation',
  title: 'Layer gradient x activation',
  paper: {
    authors: 'Simonyan, Vedaldi, Zisserman',
    year: 2013,
    title: 'Deep Inside Convolutional Networks: Visualising Image Classification Models and Saliency Maps',
    url: 'https://arxiv.org/abs/1312.6034',
  },
  kind: 'local',
  needs: ['activations', 'gradient'],
  options: { layer: layerOption('Any layer; by default the last one with height and width before they are pooled away.') },
  async explain(model, { input, objective }, { layer: name }, context) {
    const { name: layer, layout } = name === undefined ? lastSpatialLayer(model, 'layer-gradient-x-activation') : findLayer(model, name);
    const total = batchSize(input);
    const parts: Tensor[] = [];
    for (let start = 0; start < total; start += context.chunkSize) {
      const end = Math.min(start + context.chunkSize, total);
      const of = selectObjective(objective, Array.from({ length: end - start }, (_, i) => start + i));
      const evaluation = await model.evaluate({ input: sliceBatch(input, start, end), activations: [layer], gradient: { of, at: [layer] } });
      parts.push(zipWith(activationOf(evaluation, layer), gradientAt(evaluation, layer), (value, slope) => value * slope));
      context.progress(end, total);
    }
    return { values: concatBatches(parts), layout, layer };
  },
});
