import {
  baselineOption, checkLayerRows, deepestSpatialLayer, defineMethod, findLayer, gradientAt, integerOption, lastSpatialLayer, layerOption, makeBaseline, meanGradients,
  quadratureOption, quadratureRule, sampleData, selectObjective, zeros,
  type Baseline, type LayerInfo, type MethodFactory, type ModelAdapter, type Quadrature, type Tensor,
} from '@pellucid/core';

/** Which layer is explained, and how the integral along the path is taken. */
export interface InternalInfluenceOptions {
  /** Any layer. @defaultValue the last one with height and width before the last convolution */
  readonly layer: string | undefined;
  /** Points on the path; the cost grows linearly. @defaultValue 50 */
  readonly steps: number;
  /** The rule for the integral. @defaultValue 'gausslegendre' */
  readonly quadrature: Quadrature;
  /** Where the path starts. @defaultValue 'zero' */
  readonly baseline: Baseline;
}

/**
 * The layer that is explained unless one is named. Behind the last convolution nothing but pooling follows in most networks, and the gradient is the same everywhere.
 * @throws LAYER_UNSUITABLE when the model has no layer with height and width.
 */
function defaultLayer(model: Pick<ModelAdapter, 'name' | 'layers'>): LayerInfo {
  const last = lastSpatialLayer(model, 'internal-influence');
  const until = model.layers.slice(0, model.layers.indexOf(last) + 1);
  const before = until.slice(0, Math.max(until.findLastIndex(({ kind }) => kind === 'conv'), 0));
  return deepestSpatialLayer({ layers: before }) ?? last;
}

/**
 * Internal influence: the mean gradient of the score at a layer, along the straight path from a baseline to the input. In the layer's shape and
 * layout, in units of the gradient.
 * @see {@link https://arxiv.org/abs/1802.03788 | Leino et al. 2018}, definition 1 with the distribution of linear paths
 */
export const internalInfluence: MethodFactory<'gradient', InternalInfluenceOptions> = defineMethod({
  name: 'internal-influence',
  title: 'Internal influence',
  paper: {
    authors: 'Leino, Sen, Datta, Fredrikson, Li',
    year: 2018,
    title: 'Influence-Directed Explanations for Deep Convolutional Networks',
    url: 'https://arxiv.org/abs/1802.03788',
  },
  kind: 'local',
  needs: ['gradient'],
  options: {
    layer: layerOption('Any layer; by default the last one with height and width before the last convolution.'),
    steps: integerOption(50, 1, 'Points on the path; the cost grows linearly.'),
    quadrature: quadratureOption,
    baseline: baselineOption('zero', 'Where the path starts: what stands for an absent image.'),
  },
  async explain(model, batch, { layer: name, steps, quadrature, baseline: start }, context) {
    const { name: layer, layout } = name === undefined ? defaultLayer(model) : findLayer(model, name);
    const { input, objective } = batch;
    const baseline = makeBaseline(start, batch, context);
    const rule = quadratureRule(quadrature, steps, 'internal-influence');
    const gradients = async (points: Tensor, samples: readonly number[]): Promise<Tensor> => {
      const gradient = { of: selectObjective(objective, samples), at: [layer] };
      const answer = gradientAt(await model.evaluate({ input: points, gradient }), layer);
      checkLayerRows(answer, samples.length, layer, model.name, 'internal-influence');
      return answer;
    };
    const { shape, means } = await meanGradients({ to: input, from: baseline, rule, context, gradients });
    const values = zeros([means.length, ...shape]);
    means.forEach((mean, sample) => { sampleData(values, sample).set(mean); });
    return { values, layout, layer };
  },
});
