import {
  activationOf, batchSize, concatBatches, defineMethod, findLayer, lastSpatialLayer, layerOption, sliceBatch,
  type MethodFactory, type Tensor,
} from '@pellucid/core';

/** Which layer is shown. */
export interface ActivationsOptions {
  /** Any layer. @defaultValue the last one with height and width before they are pooled away */
  readonly layer: string | undefined;
}

/**
 * Activations: the values of a layer as they are, in the layer's shape and layout. The class that is explained plays no part.
 * @see {@link https://arxiv.org/abs/1506.06579 | Yosinski et al. 2015}, section 2
 */
export const activations: MethodFactory<'activations', ActivationsOptions> = defineMethod({
  name: 'activations',
  title: 'Activations',
  paper: {
    authors: 'Yosinski, Clune, Nguyen, Fuchs, Lipson',
    year: 2015,
    title: 'Understanding Neural Networks Through Deep Visualization',
    url: 'https://arxiv.org/abs/1506.06579',
  },
  kind: 'local',
  needs: ['activations'],
  options: { layer: layerOption('Any layer; by default the last one with height and width before they are pooled away.') },
  async explain(model, { input }, { layer: name }, context) {
    const { name: layer, layout } = name === undefined ? lastSpatialLayer(model, 'activations') : findLayer(model, name);
    const total = batchSize(input);
    const parts: Tensor[] = [];
    for (let start = 0; start < total; start += context.chunkSize) {
      const end = Math.min(start + context.chunkSize, total);
      parts.push(activationOf(await model.evaluate({ input: sliceBatch(input, start, end), activations: [layer] }), layer));
      context.progress(end, total);
    }
    return { values: concatBatches(parts), layout, layer };
  },
});
