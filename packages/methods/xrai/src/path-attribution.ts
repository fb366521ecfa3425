import {
  gradientAt, INPUT, meanGradients, sampleData, selectObjective, selectSamples, zeros,
  type MethodBatch, type MethodContext, type ModelAdapter, type QuadratureRule, type Tensor,
} from '@pellucid/core';

/** The least and the greatest value of a sample everywhere: black and white, whatever unit the model takes. */
function blackAndWhite(input: Tensor, sample: number): Tensor {
  const values = sampleData(input, sample);
  const baselines = zeros([2, ...input.shape.slice(1)]);
  sampleData(baselines, 0).fill(values.reduce((a, b) => Math.min(a, b), Infinity));
  sampleData(baselines, 1).fill(values.reduce((a, b) => Math.max(a, b), -Infinity));
  return baselines;
}

/** Integrated gradients of one sample, the mean over a black and a white baseline, in float64. `done` hears how many points were asked. */
export async function pathAttribution(
  model: ModelAdapter<'gradient'>, { input, objective }: MethodBatch, sample: number, rule: QuadratureRule, { chunkSize }: MethodContext,
  done: (points: number) => void,
): Promise<Float64Array> {
  const from = blackAndWhite(input, sample);
  const { means } = await meanGradients({
    to: selectSamples(input, [sample, sample]), from, rule, context: { chunkSize, progress: done },
    gradients: async (points, along) => {
      const of = selectObjective(objective, along.map(() => sample));
      return gradientAt(await model.evaluate({ input: points, gradient: { of, at: [INPUT] } }), INPUT);
    },
  });
  const values = sampleData(input, sample);
  return Float64Array.from(values, (value, p) => means.reduce((sum, mean, i) => sum + (mean[p]! / means.length) * (value - sampleData(from, i)[p]!), 0));
}
