import { choiceOption, fillByChannel, imageGeometry, sampleData, zeros, type MetricSubject, type OptionSpec, type Tensor } from '@pellucid/core';
import { copyPixels } from '../pixels.ts';
import { sampleStream } from '../subject/sample-stream.ts';
import { imputeLinearly } from './noisy-linear.ts';
import { makeSubstrate, type FixedSubstrate } from './substrate.ts';

/** What a pixel holds that was taken away. */
export type Substrate = FixedSubstrate | 'uniform' | 'noisy-linear';

/** The option that chooses it. */
export function substrateOption(fallback: Substrate): OptionSpec<Substrate> {
  return choiceOption(['zero', 'mean', 'blur', 'uniform', 'noisy-linear'], fallback, 'What a pixel without information holds.');
}

/** Takes pixels away from an image, which holds the sample elsewhere. All channels of a pixel go together. */
export type Removal = (sample: number, pixels: Uint32Array, image: Float32Array) => void;

/** Standard deviation of the noise in imputed pixels as a share of that of the sample, so that the units of the input do not matter. */
const NOISE = 0.01;

const deviation = (values: Float32Array): number => {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
};

/** An image of random numbers for each sample, decided by the sample. */
function drawImages(subject: MetricSubject, seed: number, kind: 'uniform' | 'normal'): Tensor {
  const { input, model } = subject;
  const images = zeros(input.shape);
  for (let sample = 0; sample < input.shape[0]!; sample++) {
    const values = sampleData(input, sample);
    const stream = sampleStream(subject, sample, seed, 'removal', kind);
    const low = values.reduce((a, b) => Math.min(a, b), Infinity);
    const range = values.reduce((a, b) => Math.max(a, b), -Infinity) - low;
    const noise = NOISE * deviation(values);
    fillByChannel(sampleData(images, sample), input.shape, model.input.layout, () => (kind === 'uniform' ? low + range * stream.uniform() : noise * stream.normal()));
  }
  return images;
}

/**
 * Makes what takes pixels away. Noise belongs to a pixel of a sample: the same pixel gets the same noise however many go with it.
 */
export function makeRemoval(subject: MetricSubject, substrate: Substrate, seed: number): Removal {
  const { input, model: { input: { layout } } } = subject;
  const geometry = imageGeometry(input.shape, layout);
  if (substrate === 'noisy-linear') {
    const noise = drawImages(subject, seed, 'normal');
    return (sample, pixels, image) => { imputeLinearly(image, pixels, geometry, sampleData(noise, sample)); };
  }
  const images = substrate === 'uniform' ? drawImages(subject, seed, 'uniform') : makeSubstrate(substrate, input, layout);
  return (sample, pixels, image) => { copyPixels(sampleData(images, sample), image, pixels, geometry); };
}
