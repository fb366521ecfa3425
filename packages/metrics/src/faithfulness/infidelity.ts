import { batchSize, choiceOption, defineMetric, fillByChannel, flagOption, imageGeometry, integerOption, numberOption, sampleData, type MetricContext, type MetricFactory, type MetricSubject } from '@pellucid/core';
import { sampleStream } from '../subject/sample-stream.ts';
import { validateSubject } from '../subject/validate-subject.ts';
import { scoreVariants, type ScoredObjective } from '../subject/variants.ts';
import { objectiveOption } from './options.ts';

/** Options of infidelity. */
export interface InfidelityOptions {
  /** What is taken from the input: Gaussian noise, or the values of a random square, at which the input becomes 0. @defaultValue 'gaussian' */
  readonly perturbation: 'gaussian' | 'square';
  /** Standard deviation of the noise, in units of the input. @defaultValue 0.2 */
  readonly deviation: number;
  /** Number of perturbations. @defaultValue 50 */
  readonly draws: number;
  /** Whether the map is scaled by the factor that fits best, so that its units do not matter. @defaultValue true */
  readonly normalise: boolean;
  /** Whether the map holds contributions, multiplied by the input already (Integrated Gradients, input x gradient). @defaultValue false */
  readonly contributions: boolean;
  /** @defaultValue 'logit' */
  readonly objective: ScoredObjective;
}

/** mean_k (beta p_k - d_k)^2 with beta = E[p d] / E[p^2] where normalised (0 for a map of zeros), else 1. */
export function meanSquaredGap(predicted: Float64Array, differences: Float64Array, normalise: boolean): number {
  const square = predicted.reduce((sum, value) => sum + value * value, 0);
  const product = predicted.reduce((sum, value, k) => sum + value * differences[k]!, 0);
  const beta = normalise ? (square === 0 ? 0 : product / square) : 1;
  return predicted.reduce((sum, value, k) => sum + (beta * value - differences[k]!) ** 2, 0) / predicted.length;
}

/** Fills I, the change that is taken from the sample. */
function drawChange(subject: MetricSubject, sample: number, draw: number, { perturbation, deviation }: InfidelityOptions, { seed }: MetricContext, change: Float32Array): void {
  const { input, model: { input: { layout } } } = subject;
  const stream = sampleStream(subject, sample, seed, 'infidelity', perturbation, String(draw));
  if (perturbation === 'gaussian') {
    fillByChannel(change, input.shape, layout, () => deviation * stream.normal());
    return;
  }
  const { height, width, channels, channelStride, pixelStride } = imageGeometry(input.shape, layout);
  // Sides from one pixel to all of the shorter one, as the paper takes squares of predefined sizes at all places.
  const side = 1 + stream.integer(Math.min(height, width));
  const [top, left] = [stream.integer(height - side + 1), stream.integer(width - side + 1)];
  const values = sampleData(input, sample);
  change.fill(0);
  for (let p = 0; p < side * side; p++) {
    const pixel = (top + Math.floor(p / side)) * width + left + (p % side);
    for (let channel = 0; channel < channels; channel++) {
      const at = channel * channelStride + pixel * pixelStride;
      change[at] = values[at]!;
    }
  }
}

/** The map's value for one value of the input; a map of one channel is spread evenly over the channels of the input. */
function mapReader({ input, values, layout, model }: MetricSubject, sample: number): (channel: number, pixel: number) => number {
  const [image, map] = [imageGeometry(input.shape, model.input.layout), imageGeometry(values.shape, layout)];
  const data = sampleData(values, sample);
  return image.channels === map.channels
    ? (channel, pixel) => data[channel * map.channelStride + pixel * map.pixelStride]!
    : (_, pixel) => {
        let sum = 0;
        for (let channel = 0; channel < map.channels; channel++) sum += data[channel * map.channelStride + pixel * map.pixelStride]!;
        return sum / image.channels;
      };
}

/** sum_i I_i a_i, or sum_i (I_i / x_i) a_i for contributions, where x_i is not 0. */
function predictChange(subject: MetricSubject, sample: number, change: Float32Array, contributions: boolean): number {
  const { channels, height, width, channelStride, pixelStride } = imageGeometry(subject.input.shape, subject.model.input.layout);
  const values = sampleData(subject.input, sample);
  const read = mapReader(subject, sample);
  let sum = 0;
  for (let channel = 0; channel < channels; channel++) {
    for (let pixel = 0; pixel < height * width; pixel++) {
      const at = channel * channelStride + pixel * pixelStride;
      const factor = contributions ? (values[at] === 0 ? 0 : change[at]! / values[at]!) : change[at]!;
      sum += factor * read(channel, pixel);
    }
  }
  return sum;
}

/**
 * Infidelity: E_I[(beta sum_i I_i a_i - (f(x) - f(x - I)))^2] over random changes I, with beta = 1, or normalised the factor that fits best,
 * E[I.a D] / E[(I.a)^2]. Lower is better, from 0. One forward pass per draw and one more.
 * @see {@link https://arxiv.org/abs/1901.09392 | Yeh et al. 2019}, definition 2.1
 * @throws SHAPE_MISMATCH, INPUT_NOT_FINITE, TARGET_OUT_OF_RANGE, ABORTED.
 */
export const infidelity: MetricFactory<InfidelityOptions> = defineMetric<InfidelityOptions>({
  name: 'infidelity',
  title: 'Infidelity',
  category: 'faithfulness',
  direction: 'lower',
  equation: 'E_I[(β Σ I_i a_i − (f(x) − f(x − I)))²]; β = 1, or normalised E[I·a D]/E[(I·a)²]. *I*: Gaussian noise, or the values of a random square. For maps that are multiplied by the input say `contributions`. A map of one channel is spread evenly over those of the input.',
  range: [0, Infinity],
  cost: '`draws` + 1 forward passes.',
  limits: 'With small noise the gradient is best by construction. The scale is that of the logit squared.',
  paper: {
    authors: 'Yeh, Hsieh, Suggala, Inouye, Ravikumar', year: 2019, title: 'On the (In)fidelity and Sensitivity of Explanations', url: 'https://arxiv.org/abs/1901.09392',
  },
  needsMask: false,
  options: {
    perturbation: choiceOption(['gaussian', 'square'], 'gaussian', 'What is taken from the input: Gaussian noise, or the values of a random square.'),
    deviation: numberOption(0.2, Number.MIN_VALUE, Number.MAX_VALUE, 'Standard deviation of the noise, in units of the input.'),
    draws: integerOption(50, 1, 'Number of perturbations.'),
    normalise: flagOption(true, 'Scale the map by the factor that fits best.'),
    contributions: flagOption(false, 'The map holds contributions, multiplied by the input already.'),
    objective: objectiveOption('logit'),
  },
  score: async (subject, options, context) => {
    validateSubject(subject);
    const { draws, normalise, contributions, objective } = options;
    const change = new Float32Array(sampleData(subject.input, 0).length);
    const predicted = Array.from({ length: batchSize(subject.input) }, () => new Float64Array(draws));
    const scores = await scoreVariants(subject, predicted.map(() => draws + 1), (sample, draw, image) => {
      if (draw === draws) return;
      drawChange(subject, sample, draw, options, context, change);
      for (let i = 0; i < image.length; i++) image[i]! -= change[i]!;
      predicted[sample]![draw] = predictChange(subject, sample, change, contributions);
    }, objective, context);
    return Float64Array.from(scores, (row, sample) => meanSquaredGap(predicted[sample]!, row.subarray(0, draws).map((value) => row[draws]! - value), normalise));
  },
});
