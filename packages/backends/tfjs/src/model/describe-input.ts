import { formatShape, PellucidError, validateLayout, type Layout, type Tensor, type TensorSpec } from '@pellucid/core';

import { layoutOf } from './layouts.ts';

/** What a caller may state about a model where the file does not say it, or says it wrong. */
export interface NetworkSettings {
  /** Layout of the input. @defaultValue by rank: NC, NWC, NHWC, NDHWC */
  readonly layout?: Layout | undefined;
  /** Shape of one sample, without the batch axis: needed where the model leaves further axes free. */
  readonly inputShape?: readonly number[] | undefined;
  /** The layer that gives the logits, or `output` when the output itself does. @defaultValue what goes into a final softmax or sigmoid */
  readonly logits?: string | undefined;
  /** The input that is explained, where there are several. */
  readonly input?: string | undefined;
  /** Values of the other inputs, for one sample (repeated for every sample), or for each sample of a batch: `explain` and `Query.samples` say which a row is. */
  readonly bind?: Readonly<Record<string, Tensor>> | undefined;
}

/** An input as a model file describes it; -1 or null where an axis is free, undefined where nothing is said. */
export interface DeclaredInput {
  readonly name: string;
  readonly shape: readonly (number | null)[] | undefined;
  /** Type of its values, as TensorFlow.js calls it. */
  readonly dtype: string;
  readonly channelsFirst: boolean;
}

/** Whether the length of an axis is left open. */
export const isFree = (length: number | null): length is null => length === null || length < 0;

/** The input of a model, its batch axis free and all others fixed. @throws MODEL_UNSUPPORTED when the shape stays open, OPTION_INVALID. */
export function describeInput(model: string, declared: DeclaredInput, { layout, inputShape }: NetworkSettings): TensorSpec {
  const known = declared.shape?.slice(1);
  const sample = inputShape ?? known;
  const problem = (): string | undefined => {
    if (sample === undefined) return 'the shape of its input is not known';
    if (sample.some(isFree)) return `its input ${formatShape(declared.shape ?? [])} leaves more than the batch axis free`;
    const fits = known?.length === sample.length && known.every((length, axis) => isFree(length) || length === sample[axis]);
    if (known !== undefined && !fits) return `its input is ${formatShape(known)} per sample, not ${formatShape(sample)}`;
    return undefined;
  };
  const found = problem();
  if (found !== undefined || sample === undefined) {
    throw new PellucidError('MODEL_UNSUPPORTED', {
      model,
      problem: found ?? 'the shape of its input is not known',
      help: 'Pass `inputShape`, the shape of one sample without the batch axis.',
    });
  }
  const rank = sample.length + 1;
  if (layout !== undefined) validateLayout(layout, rank);
  return { name: declared.name, shape: [null, ...sample], layout: layout ?? layoutOf(rank, rank, declared.channelsFirst) };
}
