import * as tf from '@tensorflow/tfjs-core';

/** One entry of the tape: an operation that ran while gradients were recorded. */
export interface TapeEntry {
  readonly kernelName: string;
  /** Functions that compute the gradients of the inputs, by name, given those of the outputs (null: none arrives). Absent where there is none. */
  gradient?: ((outputs: (tf.Tensor | null)[]) => Readonly<Record<string, () => tf.Tensor>>) | undefined;
  inputs: Readonly<Record<string, tf.Tensor | null | undefined>>;
  readonly outputs: readonly tf.Tensor[];
  /** What is freed when the pass is over. */
  saved: readonly tf.Tensor[];
}

/** The part of the engine's state that has no public name: the tape of the running pass. */
interface TapeState {
  activeTape: TapeEntry[] | null | undefined;
}

const state = (): TapeState => tf.engine().state as unknown as TapeState;

/** The tape so far. */
export function tape(): readonly TapeEntry[] {
  return state().activeTape ?? [];
}

/** Frees what an interrupted pass left on the tape; a finished one leaves nothing. */
export function clearTape(): void {
  for (const entry of tape()) for (const saved of entry.saved) saved.dispose();
  state().activeTape = null;
}

const inputsOf = (entry: TapeEntry): tf.Tensor[] =>
  Object.values(entry.inputs).filter((input): input is tf.Tensor => input !== null && input !== undefined);

/** Takes inputs that an operation was run without, such as an offset, off the tape: the engine takes every input that it lists for a tensor. */
export function dropAbsentInputs(entries: readonly TapeEntry[]): void {
  for (const entry of entries) {
    if (Object.values(entry.inputs).includes(undefined)) entry.inputs = Object.fromEntries(Object.entries(entry.inputs).filter(([, input]) => input !== undefined));
  }
}

/** The entries between the points and the result, and which of the points reach it. */
export interface TapePath {
  readonly indices: readonly number[];
  readonly reaches: (point: tf.Tensor) => boolean;
  /** Whether a tensor depends on a point, so that its gradient is needed. */
  readonly depends: (tensor: tf.Tensor) => boolean;
}

/** Finds the entries that a backward pass from `result` to the points has to cross, in the order of execution. */
export function findPath(entries: readonly TapeEntry[], points: readonly tf.Tensor[], result: tf.Tensor): TapePath {
  const reached = new Set(points.map((point) => point.id));
  const forward = entries.map((entry) => {
    const crossed = inputsOf(entry).some((input) => reached.has(input.id));
    if (crossed) for (const output of entry.outputs) reached.add(output.id);
    return crossed;
  });
  const needed = new Set([result.id]);
  const indices: number[] = [];
  for (let index = entries.length - 1; index >= 0; index--) {
    const entry = entries[index]!;
    if (!forward[index] || !entry.outputs.some((output) => needed.has(output.id))) continue;
    indices.unshift(index);
    for (const input of inputsOf(entry)) needed.add(input.id);
  }
  return { indices, reaches: (point) => needed.has(point.id), depends: (tensor) => reached.has(tensor.id) };
}
