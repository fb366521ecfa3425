import {
  activationOf, baselineOption, batchSize, checkLayerRows, defineMethod, findLayer, gradientAt, integerOption, lastSpatialLayer, layerOption,
  makeBaseline, meanGradients, quadratureOption, quadratureRule, sampleData, scoreChange, selectObjective, selectSamples, zeros,
  type Baseline, type MethodFactory, type Quadrature, type Tensor,
} from '@pellucid/core';

/** Which layer is explained, and how the integral along the path is taken. */
export interface LayerIntegratedGradientsOptions {
  /** Any layer. @defaultValue the last one with height and width before they are pooled away */
  readonly layer: string | undefined;
  /** Points on the path; the cost grows linearly. @defaultValue 50 */
  readonly steps: number;
  /** The rule for the integral. @defaultValue 'gausslegendre' */
  readonly quadrature: Quadrature;
  /** The input whose layer values start the path. @defaultValue 'zero' */
  readonly baseline: Baseline;
}

/**
 * Layer integrated gradients: integrated gradients from what a layer says of a baseline to what it says of the input, the layer standing in the place
 * of the input. In the layer's shape and layout, signed. Sums to f(x) - f(x with the layer's values of the baseline).
 * @see {@link https://arxiv.org/abs/1703.01365 | Sundararajan et al. 2017}, equation 3, at a layer
 */
export const layerIntegratedGradients: MethodFactory<'activations' | 'gradient' | 'intervention', LayerIntegratedGradientsOptions> = defineMethod({
  name: 'layer-integrated-gradients',
  title: 'Layer integrated gradients',
  paper: {
    authors: 'Sundararajan, Taly, Yan',
    year: 2017,
    title: 'Axiomatic Attribution for Deep Networks',
    url: 'https://arxiv.org/abs/1703.01365',
  },
  kind: 'local',
  needs: ['activations', 'gradient', 'intervention'],
  options: {
    layer: layerOption('Any layer; by default the last one with height and width before they are pooled away.'),
    steps: integerOption(50, 1, 'Points on the path; the cost grows linearly.'),
    quadrature: quadratureOption,
    baseline: baselineOption('zero', 'The input whose layer values start the path: what stands for an absent image.'),
  },
  async explain(model, batch, { layer: name, steps, quadrature, baseline: start }, context) {
    const { name: layer, layout } = name === undefined ? lastSpatialLayer(model, 'layer-integrated-gradients') : findLayer(model, name);
    const { input, objective } = batch;
    const samples = batchSize(input);
    const rule = quadratureRule(quadrature, steps, 'layer-integrated-gradients');
    const valuesOf = async (of: Tensor): Promise<Tensor> => activationOf(await model.evaluate({ input: of, activations: [layer] }), layer);
    const [to, from] = [await valuesOf(input), await valuesOf(makeBaseline(start, batch, context))];
    checkLayerRows(to, samples, layer, model.name, 'layer-integrated-gradients');

    const gradients = async (points: Tensor, along: readonly number[]): Promise<Tensor> => {
      const gradient = { of: selectObjective(objective, along), at: [layer] };
      return gradientAt(await model.evaluate({ input: selectSamples(input, along), intervention: { layer, values: points }, gradient }), layer);
    };
    const { means } = await meanGradients({ to, from, rule, context, gradients });
    const values = zeros(to.shape);
    means.forEach((mean, sample) => {
      const [end, begin] = [sampleData(to, sample), sampleData(from, sample)];
      sampleData(values, sample).set(mean.map((gradient, p) => gradient * (end[p]! - begin[p]!)));
    });

    const change = await scoreChange(model, batch, { input, intervention: { layer, values: from } });
    const convergenceDelta = Array.from(change, (value, sample) => sampleData(values, sample).reduce((a, b) => a + b, 0) - value);
    return { values, layout, layer, convergenceDelta };
  },
});
