import {
  batchSize, imageGeometry, sampleSize, score, throwIfAborted, type MetricContext, type MetricSubject, type Tensor,
} from '@pellucid/core';
import { orderPixels, sumChannels } from '../pixels.ts';

/** Larger batches gain nothing on any engine that was measured, and hold more memory. */
const LARGEST_CHUNK = 64;
const DEFAULT_MEMORY_BUDGET = 512 * 2 ** 20;

/** How one image turns into another, pixel by pixel in the order of its map. */
export interface Perturbation {
  /** The images before the first step. */
  readonly from: Tensor;
  /** Where the pixels come from that replace theirs. */
  readonly to: Tensor;
  /** Number of steps; every pixel is a step when there are fewer pixels. */
  readonly steps: number;
}

/** How many pixels are replaced at each point of the curve: from none to all. */
export function stepBoundaries(pixels: number, steps: number): number[] {
  const count = Math.min(steps, pixels);
  return Array.from({ length: count + 1 }, (_, step) => Math.round((step * pixels) / count));
}

/** Area under a curve over the unit interval by the trapezoid rule: (sum - (first + last) / 2) / (n - 1), as in RISE. */
export function areaUnderCurve(curve: Float64Array): number {
  const sum = curve.reduce((a, b) => a + b, 0);
  return (sum - (curve[0]! + curve[curve.length - 1]!) / 2) / (curve.length - 1);
}

/**
 * The probability of the target while the pixels of highest value are replaced first, for each sample: the curve from no pixel to all
 * of them. All channels of a pixel change together; channels of a map are added up; equal values go in row-major order.
 */
export async function perturbationCurves(subject: MetricSubject, perturbation: Perturbation, context: MetricContext): Promise<Float64Array[]> {
  const { model, targets } = subject;
  const { from, to } = perturbation;
  const { channels, height, width, channelStride, pixelStride } = imageGeometry(from.shape, model.input.layout);
  const orders = sumChannels(subject.values, subject.layout).maps.map(orderPixels);
  const boundaries = stepBoundaries(height * width, perturbation.steps);
  const size = sampleSize(from);
  const curves = orders.map(() => new Float64Array(boundaries.length));

  const write = (sample: number, replaced: number, image: Float32Array): void => {
    image.set(from.data.subarray(sample * size, (sample + 1) * size));
    for (const pixel of orders[sample]!.subarray(0, replaced)) {
      for (let channel = 0; channel < channels; channel++) {
        const index = channel * channelStride + pixel * pixelStride;
        image[index] = to.data[sample * size + index]!;
      }
    }
  };

  const { signal, memoryBudget = DEFAULT_MEMORY_BUDGET } = context;
  const chunk = Math.min(Math.max(Math.floor(memoryBudget / Math.max(model.bytesPerSample, 1)), 1), LARGEST_CHUNK);
  const total = batchSize(from) * boundaries.length;
  for (let start = 0; start < total; start += chunk) {
    throwIfAborted(signal, `the scores of \`${model.name}\``);
    const rows = Array.from({ length: Math.min(chunk, total - start) }, (_, i) => ({
      sample: Math.floor((start + i) / boundaries.length),
      step: (start + i) % boundaries.length,
    }));
    const data = new Float32Array(rows.length * size);
    rows.forEach(({ sample, step }, i) => {
      write(sample, boundaries[step]!, data.subarray(i * size, (i + 1) * size));
    });
    const { logits } = await model.evaluate({ input: { shape: [rows.length, ...from.shape.slice(1)], data } }, { signal, memoryBudget });
    const probabilities = score({ kind: 'probability', targets: rows.map(({ sample }) => targets[sample]!) }, logits);
    rows.forEach(({ sample, step }, i) => {
      curves[sample]![step] = probabilities[i]!;
    });
  }
  return curves;
}
