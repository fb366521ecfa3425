import {
  activationOf, baselineOption, batchSize, checkLayerRows, defineMethod, findLayer, gradientAt, integerOption, lastSpatialLayer, layerOption, makeBaseline,
  pointsOnPath, quadratureOption, quadratureRule, sampleData, sampleSize, scoreChange, selectObjective, zeros,
  type Baseline, type MethodFactory, type Quadrature,
} from '@pellucid/core';

/** Which layer is explained, and how the path is walked. */
export interface LayerConductanceOptions {
  /** Any layer. @defaultValue the last one with height and width before they are pooled away */
  readonly layer: string | undefined;
  /** Pieces of the path. @defaultValue 50 */
  readonly steps: number;
  /** Whose points, one more than steps, cut the path into pieces. @defaultValue 'riemann-trapezoid': equal pieces, both ends among the points */
  readonly quadrature: Quadrature;
  /** Where the path starts. @defaultValue 'zero' */
  readonly baseline: Baseline;
}

/** Adds one piece of a path: the gradient where it begins, times the change of the layer over it. */
function addPiece(map: Float64Array, gradient: Float32Array, before: Float32Array, after: Float32Array): void {
  for (let i = 0; i < map.length; i++) map[i]! += gradient[i]! * (after[i]! - before[i]!);
}

/**
 * Layer conductance: the part of integrated gradients that flows through each value of a layer. In the layer's shape and layout, signed. Over a
 * layer that everything passes it sums to f(x) - f(baseline), up to the steps; `convergenceDelta` says how far it is off.
 * @see {@link https://arxiv.org/abs/1805.12233 | Dhamdhere et al. 2018}, definition 1; {@link https://arxiv.org/abs/1807.09946 | Shrikumar et al. 2018}, equation 3
 */
export const layerConductance: MethodFactory<'activations' | 'gradient', LayerConductanceOptions> = defineMethod({
  name: 'layer-conductance',
  title: 'Layer conductance',
  paper: {
    authors: 'Dhamdhere, Sundararajan, Yan',
    year: 2018,
    title: 'How Important Is a Neuron?',
    url: 'https://arxiv.org/abs/1805.12233',
  },
  kind: 'local',
  needs: ['activations', 'gradient'],
  options: {
    layer: layerOption('Any layer; by default the last one with height and width before they are pooled away.'),
    steps: integerOption(50, 1, 'Pieces of the path; the cost grows linearly.'),
    quadrature: { ...quadratureOption, default: 'riemann-trapezoid', description: 'Whose points, one more than steps, cut the path into pieces.' },
    baseline: baselineOption('zero', 'Where the path starts: what stands for an absent image.'),
  },
  async explain(model, batch, { layer: name, steps, quadrature, baseline: start }, context) {
    const { name: layer, layout } = name === undefined ? lastSpatialLayer(model, 'layer-conductance') : findLayer(model, name);
    const { input, objective } = batch;
    const baseline = makeBaseline(start, batch, context);
    const { points } = quadratureRule(quadrature, steps + 1, 'layer-conductance');
    const samples = batchSize(input);
    const maps: Float64Array[] = [];
    let shape: readonly number[] = [];

    for (let sample = 0; sample < samples; sample++) {
      let [gradient, before]: Float32Array[] = [];
      let map = new Float64Array();
      for (let first = 0; first < points.length; first += context.chunkSize) {
        const piece = points.subarray(first, first + context.chunkSize);
        const repeated = new Array<number>(piece.length).fill(sample);
        const of = selectObjective(objective, repeated);
        const evaluation = await model.evaluate({
          input: pointsOnPath(input, baseline, repeated, piece), activations: [layer], gradient: { of, at: [layer] },
        });
        const [activations, gradients] = [activationOf(evaluation, layer), gradientAt(evaluation, layer)];
        checkLayerRows(activations, piece.length, layer, model.name, 'layer-conductance');
        shape = activations.shape.slice(1);
        for (let i = 0; i < piece.length; i++) {
          const after = sampleData(activations, i);
          if (gradient === undefined || before === undefined) map = new Float64Array(sampleSize(activations));
          else addPiece(map, gradient, before, after);
          [before, gradient] = [after, sampleData(gradients, i)];
        }
        context.progress(sample * points.length + first + piece.length, samples * points.length);
      }
      maps.push(map);
    }

    const change = await scoreChange(model, batch, { input: baseline });
    const values = zeros([samples, ...shape]);
    maps.forEach((map, sample) => { sampleData(values, sample).set(map); });
    const convergenceDelta = maps.map((map, sample) => map.reduce((a, b) => a + b, 0) - change[sample]!);
    return { values, layout, layer, convergenceDelta };
  },
});
