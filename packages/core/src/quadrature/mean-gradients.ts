import { askAhead, cutPieces, type Piece } from '../method/ask-ahead.ts';
import type { MethodContext } from '../method/method.ts';
import { batchSize, sampleData, sampleSize } from '../tensor/batch.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { QuadratureRule } from './legendre.ts';
import { isOnePath, pointsOnPath, STEPS_AT_ONCE } from './points-on-path.ts';

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

/** Adds weighted gradients of one path, from `first` on: one, or four at once, in the same order. */
function addWeighted(mean: Float64Array, gradients: Tensor, first: number, weights: readonly number[]): void {
  const [g0, g1, g2, g3] = weights.map((_, i) => sampleData(gradients, first + i));
  const [w0 = 0, w1 = 0, w2 = 0, w3 = 0] = weights;
  if (!g0) return;
  if (g1 && g2 && g3) for (let p = 0; p < mean.length; p++) mean[p] = mean[p]! + w0 * g0[p]! + w1 * g1[p]! + w2 * g2[p]! + w3 * g3[p]!;
  else for (let p = 0; p < mean.length; p++) mean[p] = mean[p]! + w0 * g0[p]!;
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
  const askPiece = async ({ first, count }: Piece): Promise<{ readonly places: readonly number[]; readonly samples: readonly number[]; readonly gradients: Tensor }> => {
    const places = Array.from({ length: count }, (_, i) => first + i);
    const samples = places.map((place) => Math.floor(place / steps));
    return { places, samples, gradients: await ask(pointsOnPath(to, from, samples, places.map((place) => points[place % steps]!)), samples) };
  };
  for await (const { places, samples, gradients } of askAhead(cutPieces(total, context.chunkSize), askPiece)) {
    shape = gradients.shape.slice(1);
    for (let i = 0; i < samples.length;) {
      const count = isOnePath(samples, i) ? STEPS_AT_ONCE : 1;
      const mean = (means[samples[i]!] ??= new Float64Array(sampleSize(gradients)));
      addWeighted(mean, gradients, i, Array.from({ length: count }, (_, step) => weights[places[i + step]! % steps]!));
      i += count;
    }
    context.progress((places.at(-1) ?? 0) + 1, total);
  }
  return { shape, means };
}
