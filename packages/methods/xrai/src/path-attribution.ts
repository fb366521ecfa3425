import {
  gradientAt, INPUT, pointsOnPath, sampleData, sampleSize, selectObjective, zeros,
  type MethodBatch, type MethodContext, type ModelAdapter, type QuadratureRule, type Tensor,
} from '@pellucid/core';

/** The least and the greatest value of a sample everywhere: black and white, whatever unit the model takes. */
function blackAndWhite(input: Tensor, sample: number): readonly Tensor[] {
  const values = sampleData(input, sample);
  const extremes = [values.reduce((a, b) => Math.min(a, b), Infinity), values.reduce((a, b) => Math.max(a, b), -Infinity)];
  return extremes.map((value) => {
    const baseline = zeros([1, ...input.shape.slice(1)]);
    baseline.data.fill(value);
    return baseline;
  });
}

/** Integrated gradients of one sample, the mean over a black and a white baseline, in float64. `done` hears how many points were asked. */
export async function pathAttribution(
  model: ModelAdapter<'gradient'>, { input, objective }: MethodBatch, sample: number, { points, weights }: QuadratureRule, { chunkSize }: MethodContext,
  done: (points: number) => void,
): Promise<Float64Array> {
  const baselines = blackAndWhite(input, sample);
  const alone: Tensor = { shape: [1, ...input.shape.slice(1)], data: sampleData(input, sample) };
  const attribution = new Float64Array(sampleSize(input));
  for (const [i, baseline] of baselines.entries()) {
    for (let start = 0; start < points.length; start += chunkSize) {
      const piece = points.subarray(start, start + chunkSize);
      const of = selectObjective(objective, new Array<number>(piece.length).fill(sample));
      const gradients = gradientAt(await model.evaluate({ input: pointsOnPath(alone, baseline, 0, piece), gradient: { of, at: [INPUT] } }), INPUT);
      for (let k = 0; k < piece.length; k++) {
        const share = weights[start + k]! / baselines.length;
        sampleData(gradients, k).forEach((gradient, p) => { attribution[p]! += share * gradient * (alone.data[p]! - baseline.data[p]!); });
      }
      done(i * points.length + start + piece.length);
    }
  }
  return attribution;
}
