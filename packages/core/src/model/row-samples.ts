import { PellucidError } from '../errors/pellucid-error.ts';
import type { Query } from './query.ts';

/** An input with given values. */
interface GivenInput {
  readonly name: string;
  /** The number of samples that the values are for; null: they are the same for every sample. */
  readonly samples: number | null;
}

/**
 * Which of the samples that other inputs have values for each row of a query is, for backends; undefined where their values are the same for every
 * sample.
 * @param count - rows of the query
 * @throws REQUEST_INVALID where the query does not say it and has another number of rows, or says it wrong.
 */
export function rowSamples({ samples }: Pick<Query<never>, 'samples'>, count: number, bound: readonly GivenInput[], model: string): readonly number[] | undefined {
  const invalid = (problem: string, help: string): PellucidError => new PellucidError('REQUEST_INVALID', { action: `ask \`${model}\``, problem, help });
  if (samples !== undefined && samples.length !== count) {
    throw invalid(`it says of ${samples.length} rows which samples they are, and the batch has ${count}`, 'Give one number of a sample per row.');
  }
  if (bound.every((input) => input.samples === null)) return undefined;
  const rows = samples ?? Array.from({ length: count }, (_, row) => row);
  for (const { name, samples: known } of bound) {
    if (known === null) continue;
    const values = `input \`${name}\` is bound to the values of ${known} samples`;
    if (samples === undefined && known !== count) {
      throw invalid(`${values}, but the batch has ${count}`, 'Say in `samples` which of them each row is, or bind the values of one sample, which are repeated.');
    }
    const other = rows.find((sample) => !Number.isInteger(sample) || sample < 0 || sample >= known);
    if (other !== undefined) throw invalid(`a row is said to be sample ${other}, but ${values}`, 'Count samples from 0.');
  }
  return rows;
}
