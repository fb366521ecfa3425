import {
  baselineOption, batchSize, checkLayerRows, defineMethod, findLayer, gradientAt, integerOption, lastSpatialLayer, layerOption, makeBaseline,
  pointsOnPath,
  quadratureOption, quadratureRule, sampleData, sampleSize, selectObjective, zeros,
  type Baseline, type MethodFactory, type Quadrature,
} from '@pellucid/core';

/** Which layer is explained, and how the integral along the path is taken. */
export interface InternalInfluenceOptions {
  /** Any layer. @defaultValue the last one with height and width before they are pooled away */
  readonly layer: string | undefined;
  /** Points on the path; the cost grows linearly. @defaultValue 50 */
  readonly steps: number;
  /** The rule for the integral. @defaultValue 'gausslegendre' */
  readonly quadrature: Quadrature;
  /** Where the path starts. @defaultValue 'zero' */
  readonly baseline: Baseline;
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
    layer: layerOption('Any layer; by default the last one with height and width before they are pooled away.'),
    steps: integerOption(50, 1, 'Points on the path; the cost grows linearly.'),
    quadrature: quadratureOption,
    baseline: baselineOption('zero', 'Where the path starts: what stands for an absent image.'),
  },
  async explain(model, batch, { layer: name, steps, quadrature, baseline: start }, context) {
    const { name: layer, layout } = name === undefined ? lastSpatialLayer(model, 'internal-influence') : findLayer(model, name);
    const { input, objective } = batch;
    const baseline = makeBaseline(start, batch, context);
    const { points, weights } = quadratureRule(quadrature, steps, 'internal-influence');
    const samples = batchSize(input);
    const maps: Float64Array[] = [];
    let shape: readonly number[] = [];

    for (let sample = 0; sample < samples; sample++) {
      let map = new Float64Array();
      for (let first = 0; first < steps; first += context.chunkSize) {
        const piece = points.subarray(first, first + context.chunkSize);
        const of = selectObjective(objective, new Array<number>(piece.length).fill(sample));
        const gradients = gradientAt(await model.evaluate({ input: pointsOnPath(input, baseline, sample, piece), gradient: { of, at: [layer] } }), layer);
        checkLayerRows(gradients, piece.length, layer, model.name, 'internal-influence');
        shape = gradients.shape.slice(1);
        if (first === 0) map = new Float64Array(sampleSize(gradients));
        for (let i = 0; i < piece.length; i++) {
          const [gradient, weight] = [sampleData(gradients, i), weights[first + i]!];
          for (let p = 0; p < map.length; p++) map[p]! += weight * gradient[p]!;
        }
        context.progress(sample * steps + first + piece.length, samples * steps);
      }
      maps.push(map);
    }
    const values = zeros([samples, ...shape]);
    maps.forEach((map, sample) => { sampleData(values, sample).set(map); });
    return { values, layout, layer };
  },
});
