import { PellucidError } from '../errors/pellucid-error.ts';
import { gaussianBlur } from '../image/gaussian-blur.ts';
import { assertFinite } from '../tensor/validate.ts';
import { batchSize, sampleData, sampleSize } from '../tensor/batch.ts';
import { fillByChannel } from '../tensor/channel-order.ts';
import { imageGeometry, type Layout } from '../tensor/layout.ts';
import { equalShapes, formatShape, zeros, type Tensor } from '../tensor/tensor.ts';
import type { MethodBatch, MethodContext } from './method.ts';
import { isTensor, type OptionSpec } from './options.ts';

/**
 * What stands for "nothing there": zeros; uniform noise between the sample's least and greatest value; the sample blurred beyond
 * recognition; the mean of the given references; one number everywhere; or a tensor of the shape of one sample or of the batch.
 */
export type Baseline = 'zero' | 'random' | 'blur' | 'mean' | number | Tensor;

const NAMES: readonly unknown[] = ['zero', 'random', 'blur', 'mean'];

/** The `baseline` option of a method. */
export function baselineOption(fallback: Baseline, description: string): OptionSpec<Baseline> {
  return {
    type: '"zero" | "random" | "blur" | "mean" | number | tensor',
    description,
    default: fallback,
    accepts: (value): value is Baseline =>
      NAMES.includes(value) || (typeof value === 'number' && Number.isFinite(value)) || isTensor(value),
  };
}

/** A blur this wide, as a share of the longer side, leaves colours but no shapes. */
const BLUR_SHARE = 0.1;

/** The mean over the references, which the request has to carry. */
function meanReference(context: MethodContext, input: Tensor): Float32Array {
  const { references } = context;
  if (references === undefined || !equalShapes(references.shape.slice(1), input.shape.slice(1))) {
    throw new PellucidError('REQUEST_INVALID', {
      action: 'use the baseline `mean`',
      problem: references === undefined ? 'no references were given' : `the references have shape ${formatShape(references.shape)}`,
      help: `Pass \`references\`, a batch of samples of shape ${formatShape(input.shape.slice(1))}, to \`explain\`.`,
    });
  }
  const sums = new Float64Array(sampleSize(references));
  for (let i = 0; i < references.data.length; i++) sums[i % sums.length]! += references.data[i]!;
  return Float32Array.from(sums, (sum) => sum / batchSize(references));
}

function fillPerSample(input: Tensor, fill: (values: Float32Array, sample: number) => void): Tensor {
  const result = zeros(input.shape);
  for (let sample = 0; sample < batchSize(input); sample++) fill(sampleData(result, sample), sample);
  return result;
}

/** Uniform between the sample's own extremes, from a stream that belongs to the sample. */
function randomBaseline(input: Tensor, layout: Layout, context: MethodContext): Tensor {
  return fillPerSample(input, (values, sample) => {
    const source = sampleData(input, sample);
    const least = source.reduce((a, b) => Math.min(a, b), Infinity);
    const greatest = source.reduce((a, b) => Math.max(a, b), -Infinity);
    const { uniform } = context.random(sample, 'baseline');
    fillByChannel(values, input.shape, layout, () => least + (greatest - least) * uniform());
  });
}

function blurred(input: Tensor, layout: Layout): Tensor {
  const { height, width } = imageGeometry(input.shape, layout);
  return gaussianBlur(input, layout, BLUR_SHARE * Math.max(height, width));
}

function givenBaseline(baseline: Tensor, input: Tensor): Tensor {
  assertFinite(baseline, 'baseline');
  if (equalShapes(baseline.shape, input.shape)) return baseline;
  const shape = baseline.shape[0] === 1 && baseline.shape.length === input.shape.length ? baseline.shape.slice(1) : baseline.shape;
  if (equalShapes(shape, input.shape.slice(1))) {
    return fillPerSample(input, (values) => {
      values.set(baseline.data);
    });
  }
  throw new PellucidError('SHAPE_MISMATCH', {
    what: 'baseline',
    expected: formatShape(input.shape.slice(1)),
    actual: formatShape(baseline.shape),
    help: 'A baseline has the shape of one sample or of the whole batch.',
  });
}

/** The baseline of each sample of a batch, in the batch's shape. @throws SHAPE_MISMATCH, INPUT_NOT_FINITE or REQUEST_INVALID. */
export function makeBaseline(baseline: Baseline, { input, layout }: MethodBatch, context: MethodContext): Tensor {
  if (typeof baseline === 'number') {
    return fillPerSample(input, (values) => {
      values.fill(baseline);
    });
  }
  switch (baseline) {
    case 'zero':
      return zeros(input.shape);
    case 'random':
      return randomBaseline(input, layout, context);
    case 'blur':
      return blurred(input, layout);
    case 'mean': {
      const mean = meanReference(context, input);
      return fillPerSample(input, (values) => {
        values.set(mean);
      });
    }
    default:
      return givenBaseline(baseline, input);
  }
}
