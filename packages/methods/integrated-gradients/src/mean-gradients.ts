import {
  batchSize, gradientAt, INPUT, sampleData, sampleSize, selectObjective,
  type MethodContext, type ModelAdapter, type Objective, type QuadratureRule, type Tensor,
} from '@pellucid/core';

/** A batch of straight paths, and the points on them at which to ask. */
export interface Paths {
  readonly input: Tensor;
  readonly baseline: Tensor;
  readonly objective: Objective;
  readonly rule: QuadratureRule;
  readonly context: MethodContext;
}

/**
 * The weighted mean of the gradient along each path, in float64, one sample after the other. Points are asked for in pieces of the
 * chunk size, which hold several points of one sample or several samples, never all of both.
 */
export async function meanGradients(
  model: ModelAdapter<'gradient'>,
  { input, baseline, objective, rule: { points, weights }, context }: Paths,
  found: (sample: number, mean: Float64Array) => void,
): Promise<void> {
  const steps = points.length;
  const size = sampleSize(input);
  const total = batchSize(input) * steps;
  let mean = new Float64Array(size);
  for (let start = 0; start < total; start += context.chunkSize) {
    const count = Math.min(context.chunkSize, total - start);
    const samples = Array.from({ length: count }, (_, i) => Math.floor((start + i) / steps));
    const piece = { shape: [count, ...input.shape.slice(1)], data: new Float32Array(count * size) };
    samples.forEach((sample, i) => {
      const x = sampleData(input, sample);
      const x0 = sampleData(baseline, sample);
      const point = points[(start + i) % steps]!;
      const at = sampleData(piece, i);
      for (let j = 0; j < size; j++) at[j] = x0[j]! + point * (x[j]! - x0[j]!);
    });
    const gradients = gradientAt(await model.evaluate({ input: piece, gradient: { of: selectObjective(objective, samples), at: [INPUT] } }), INPUT);
    samples.forEach((sample, i) => {
      const step = (start + i) % steps;
      const gradient = sampleData(gradients, i);
      for (let j = 0; j < size; j++) mean[j]! += weights[step]! * gradient[j]!;
      if (step < steps - 1) return;
      found(sample, mean);
      mean = new Float64Array(size);
    });
    context.progress(start + count, total);
  }
}
