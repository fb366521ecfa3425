import { fillByChannel, sampleData, type MetricContext, type MetricSubject } from '@pellucid/core';
import { requirePart } from '../subject/require-part.ts';
import { sampleStream } from '../subject/sample-stream.ts';
import { explainVariants, sameForAll, type WriteVariant } from '../subject/variants.ts';

/** Random changes of the input. */
export interface Noise {
  /** Name of the metric. */
  readonly metric: string;
  /** Uniform in [-scale, scale], or normal with this standard deviation, in units of the input. */
  readonly kind: 'uniform' | 'normal';
  readonly scale: number;
  readonly draws: number;
}

/** What a neighbour of a sample looks like; the same for the same draw, whoever asks. */
export function writeNoise(subject: MetricSubject, { metric, kind, scale }: Noise, { seed }: MetricContext): WriteVariant {
  return (sample, draw, image) => {
    const stream = sampleStream(subject, sample, seed, metric, String(draw));
    const original = sampleData(subject.input, sample);
    const change = new Float32Array(image.length);
    fillByChannel(change, subject.input.shape, subject.model.input.layout, () => scale * (kind === 'uniform' ? 2 * stream.uniform() - 1 : stream.normal()));
    for (let i = 0; i < image.length; i++) image[i] = original[i]! + change[i]!;
  };
}

/** The maps of noisy copies of every sample, for the samples' own targets. @throws REQUEST_INVALID where no fresh maps can be made. */
export async function noisyMaps(subject: MetricSubject, noise: Noise, context: MetricContext): Promise<Float32Array[][]> {
  const explain = requirePart(subject, 'explain', noise.metric);
  return explainVariants({ ...subject, explain }, sameForAll(subject, noise.draws), writeNoise(subject, noise, context), context);
}
