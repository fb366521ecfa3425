import type { MethodContext } from '../method/method.ts';
import { batchSize, sampleData } from '../tensor/batch.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { QuadratureRule } from './legendre.ts';
import { pointsOnPath } from './points-on-path.ts';

/** A straight path for each sample, and the points on them at which to ask. */
export interface GradientPaths {
  /** Where the paths end, [N, ...]. */
  readonly to: Tensor;
  /** Where they begin, of the same shape. */
  readonly from: Tensor;
  readonly rule: QuadratureRule;
  readonly context: Pick<MethodContext, 'chunkSize' | 'progress'>;
  /** The gradients at points that lie on the paths of these samples, [points, ...]. */
  readonly gradients: (points: Tensor, samples: readonly number[]) => Promise<Tensor>;
}

/** The mean gradient along each path, in float64. */
export interface MeanGradients {
  /** The shape of one sample's gradient. */
  readonly shape: readonly number[];
  readonly means: readonly Float64Array[];
}

/**
 * The weighted mean of the gradient along each path: the integral of Integrated Gradients and what is like it. Points are asked for in pieces of the
 * chunk size, which hold several points of one sample or several samples, never all of both.
 */
export async function meanGradients({ to, from, rule: { points, weights }, context, gradients: ask }: GradientPaths): Promise<MeanGradients> {
  const steps = points.length;
  const total = batchSize(to) * steps;
  const means: Float64Array[] = [];
  let shape: readonly number[] = [];
  for (let start = 0; start < total; start += context.chunkSize) {
    const places = Array.from({ length: Math.min(context.chunkSize, total - start) }, (_, i) => start + i);
    const samples = places.map((place) => Math.floor(place / steps));
    const gradients = await ask(pointsOnPath(to, from, samples, places.map((place) => points[place % steps]!)), samples);
    shape = gradients.shape.slice(1);
    samples.forEach((sample, i) => {
      const gradient = sampleData(gradients, i);
      const mean = (means[sample] ??= new Float64Array(gradient.length));
      const weight = weights[places[i]! % steps]!;
      for (let p = 0; p < mean.length; p++) mean[p]! += weight * gradient[p]!;
    });
    context.progress(start + places.length, total);
  }
  return { shape, means };
}
