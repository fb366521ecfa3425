import { PellucidError, suggestNames } from '@pellucid/core';

import type { DeclaredInput, NetworkSettings } from './describe-input.ts';

/** The input that is explained and those that must be bound. */
export interface ChosenInputs {
  readonly explained: DeclaredInput;
  readonly others: readonly DeclaredInput[];
}

const list = (inputs: readonly DeclaredInput[]): string => inputs.map(({ name }) => `\`${name}\``).join(', ');

/** Chooses the input that is explained. @throws MODEL_UNSUPPORTED when that is not clear, or its values are no float32. */
export function chooseInputs(model: string, inputs: readonly DeclaredInput[], { input: wanted, bind = {} }: NetworkSettings): ChosenInputs {
  const unsupported = (problem: string, help: string): PellucidError => new PellucidError('MODEL_UNSUPPORTED', { model, problem, help });
  const bound = Object.keys(bind);
  const unknown = bound.find((name) => !inputs.some((input) => input.name === name));
  if (unknown !== undefined) {
    throw unsupported(`there is no input \`${unknown}\` to bind`, suggestNames(unknown, inputs.map(({ name }) => name)));
  }
  const free = inputs.filter(({ name }) => !bound.includes(name));
  if (free.length === 0) throw unsupported('it has no input to explain', 'Leave at least one input unbound.');
  if (wanted === undefined && free.length > 1) {
    throw unsupported(
      `it has ${free.length} inputs (${list(free)}), and only one can be explained at a time`,
      'Name it with the option `input` (`--input NAME`), and give values to the others with `bind` (`--bind NAME=FILE.npy`).',
    );
  }
  const explained = free.find(({ name }) => name === (wanted ?? free[0]!.name));
  if (explained === undefined) {
    const problem = bound.includes(wanted ?? '') ? `its input \`${wanted}\` is both explained and bound` : `it has no input \`${wanted}\``;
    throw unsupported(problem, suggestNames(wanted ?? '', free.map(({ name }) => name)));
  }
  const unbound = free.filter((input) => input !== explained);
  if (unbound.length > 0) throw unsupported(`${list(unbound)} must have values too`, 'Give them with the option `bind`, one tensor per input (`--bind NAME=FILE.npy`).');
  if (explained.dtype !== 'float32') {
    throw unsupported(
      `its input \`${explained.name}\` takes ${explained.dtype} values, not float32`,
      'Explain a float32 input, or the output of the layer that makes numbers of it as a model of its own.',
    );
  }
  return { explained, others: inputs.filter((input) => input !== explained) };
}
