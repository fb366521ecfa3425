import type { BackwardRules, OpKind } from '@pellucid/core';
import * as tf from '@tensorflow/tfjs-core';

import { tape, type TapeEntry } from '../gradients/tape.ts';
import { attributesOf } from '../kernels/fused-attributes.ts';
import { BOUNDS, kernelKind, WEIGHTED } from './kernel-kinds.ts';
import { spellOut, type KernelCall } from './spell-out.ts';

/** An operand of an operation. */
export interface OperationInput {
  /** What the entry of the tape calls it. */
  readonly key: string;
  /** What the kernel calls it. */
  readonly name: string;
  /** Its memory may be gone, unless the rules read it. */
  readonly value: tf.Tensor;
}

/** An operation of the forward pass that depends on the model's input. */
export interface Operation {
  readonly entry: TapeEntry;
  /** The kernel, or that of a fused operation without its bias. */
  readonly kernel: string;
  readonly attributes: tf.NamedAttrMap;
  readonly kind: OpKind;
  /** In the order of the kernel's inputs; those that depend on the model's input first, where the order does not matter. */
  readonly inputs: readonly OperationInput[];
  /** Their memory may be gone, unless the rules read them. */
  readonly outputs: readonly tf.Tensor[];
  /** Of each input, whether it never changes. */
  readonly stored: readonly boolean[];
  /** It has weights, and nothing between the model's input and it has. */
  readonly isFirst: boolean;
  /** The operation that reads its result stands for both. */
  readonly isPart?: boolean;
}

type Inputs = Readonly<Record<string, tf.Tensor | null | undefined>>;
type AddTapeNode = (kernel: string, inputs: Inputs, outputs: tf.Tensor[], gradient: unknown, saved: tf.Tensor[], attributes?: tf.NamedAttrMap) => void;

/** Two parts of the engine: the one that runs kernels, and the one that writes the tape and alone is told their attributes. */
interface Recorder {
  addTapeNode: AddTapeNode;
  runKernel: (kernel: string, inputs: Inputs, attributes?: tf.NamedAttrMap) => tf.Tensor | tf.Tensor[];
}

/** What is called while a pass is recorded. */
interface Watcher {
  /** After every operation that is written to the tape. */
  readonly observe: (entry: TapeEntry, attributes: tf.NamedAttrMap) => void;
  /** Before every kernel: what to compute in its place, if anything. */
  readonly replace: (call: KernelCall) => tf.Tensor | null;
}

/** Fused operations number their inputs: [x, weights, bias]. They run without activation while a pass is recorded. */
const FUSED: Readonly<Record<string, { readonly kernel: string; readonly inputs: readonly string[] }>> = {
  fusedConv2d__op: { kernel: 'Conv2D', inputs: ['x', 'filter', 'bias'] },
  fusedDepthwiseConv2d__op: { kernel: 'DepthwiseConv2dNative', inputs: ['x', 'filter', 'bias'] },
  fusedMatMul__op: { kernel: 'BatchMatMul', inputs: ['a', 'b', 'bias'] },
};

/** Runs a pass with a watcher in place. The engine is as before when it returns. */
function watched<Result>({ observe, replace }: Watcher, pass: () => Result): Result {
  const engine = tf.engine() as unknown as Recorder;
  const write = engine.addTapeNode.bind(engine);
  const compute = engine.runKernel.bind(engine);
  let observing = false;
  engine.addTapeNode = (kernel, inputs, outputs, gradient, saved, attributes = {}) => {
    write(kernel, inputs, outputs, gradient, saved, attributes);
    // Keeping a value is an operation too.
    if (observing) return;
    observing = true;
    try {
      const entries = tape();
      observe(entries[entries.length - 1]!, attributes);
    } finally {
      observing = false;
    }
  };
  engine.runKernel = (kernel, inputs, attributes = {}) => replace({ kernel, inputs, attributes }) ?? compute(kernel, inputs, attributes);
  try {
    return pass();
  } finally {
    Reflect.deleteProperty(engine, 'addTapeNode');
    Reflect.deleteProperty(engine, 'runKernel');
  }
}

const boundsAbove = ({ kernel, kind, attributes }: Operation): boolean =>
  kernel === 'Minimum' ? kind === 'clip' : kernel === 'ClipByValue' && attributes['clipValueMin'] === 0;

/** A ReLU with a maximum runs as a ReLU and a bound, in either order. */
const isClip = (first: Operation, second: Operation): boolean => (first.kind === 'relu' && boundsAbove(second)) || (second.kind === 'relu' && boundsAbove(first));

/** Whether one of two operands is stored, with a value per channel. */
function takesChannels({ entry, stored, inputs }: Operation): boolean {
  const channels = entry.outputs[0]?.shape.at(-1) ?? 0;
  const own = inputs[stored.indexOf(true)]?.value;
  return inputs.length === 2 && stored.includes(false) && own?.size === channels && own.shape.at(-1) === channels;
}

/** The converter writes batch normalisation as a product and a sum. */
const isNormalisation = (first: Operation, second: Operation): boolean =>
  first.kernel === 'Multiply' && second.kernel === 'Add' && takesChannels(first) && takesChannels(second);

/** The operations with pairs, of which the second alone reads the first, as one of a kind: the first is a part of the second. */
function joinPairs(operations: readonly Operation[], kind: OpKind, isPair: (first: Operation, second: Operation) => boolean): readonly Operation[] {
  const readers = new Map<number, Operation[]>();
  for (const operation of operations) {
    for (const tensor of Object.values(operation.entry.inputs)) if (tensor) readers.set(tensor.id, [...(readers.get(tensor.id) ?? []), operation]);
  }
  const firsts = new Set<Operation>();
  const seconds = new Set<Operation>();
  for (const operation of operations) {
    const [next, ...others] = readers.get(operation.entry.outputs[0]!.id) ?? [];
    if (next === undefined || others.length > 0 || !isPair(operation, next)) continue;
    firsts.add(operation);
    seconds.add(next);
  }
  return operations.map((operation) => (firsts.has(operation) || seconds.has(operation) ? { ...operation, kind, isPart: firsts.has(operation) } : operation));
}

/**
 * Runs a recorded forward pass and writes down its operations, in order. Where a rule will read the values of an operation, they are
 * kept for as long as the tape.
 * @param given - values that stand in for those of a layer, on which operations depend like on the input
 */
export function logOperations<Result>(
  input: tf.Tensor, given: tf.Tensor | undefined, set: BackwardRules, pass: () => Result,
): { readonly result: Result; readonly operations: readonly Operation[] } {
  const { rules, mergeBatchNorm = false } = set;
  const operations: Operation[] = [];
  const roots = given === undefined ? [] : [given.id];
  const depends = new Set([input.id, ...roots]);
  const behindWeights = new Set<number>(roots);
  const mayJoin = [...WEIGHTED].some((kind) => rules[kind] !== undefined);

  const observe = (entry: TapeEntry, told: tf.NamedAttrMap): void => {
    const fused = FUSED[entry.kernelName];
    const operands = Object.entries(entry.inputs).filter((pair): pair is [string, tf.Tensor] => pair[1] !== null && pair[1] !== undefined);
    const isStored = ([, { id }]: readonly [string, tf.Tensor]): boolean => !depends.has(id);
    // What an operation saves is written to the tape under the name of its scope. So are those that bring a gradient, but with numbers.
    if ((entry.kernelName.endsWith('__op') && entry.inputs[0] === undefined) || operands.every(isStored)) return;
    if (BOUNDS.has(entry.kernelName)) operands.sort((a, b) => Number(isStored(a)) - Number(isStored(b)));
    const stored = operands.map(isStored);
    for (const output of entry.outputs) depends.add(output.id);
    const kernel = fused?.kernel ?? entry.kernelName;
    // The kernel of a fused operation remembers its attributes by its result, which is saved third.
    const attributes = fused === undefined ? told : attributesOf(entry.saved[2]!);
    const kind = kernelKind({ kernel, attributes, inputs: operands.map(([, tensor]) => tensor), stored });
    const weighted = WEIGHTED.has(kind);
    const behind = operands.some(([, tensor]) => behindWeights.has(tensor.id));
    if (weighted || behind) for (const output of entry.outputs) behindWeights.add(output.id);

    const mayBeClip = kind === 'relu' && rules.clip !== undefined;
    const mayBeMerged = kernel === 'Add' || kind === 'batch-norm' || (mergeBatchNorm && kernel === 'Multiply');
    const read = rules[kind] !== undefined || mayBeClip || (mayJoin && mayBeMerged);
    const valueOf = (tensor: tf.Tensor): tf.Tensor => (read ? tf.keep(tf.clone(tensor)) : tensor);
    const inputs = operands.map(([key, tensor], i): OperationInput => ({ key, name: fused?.inputs[i] ?? key, value: valueOf(tensor) }));
    const outputs = entry.outputs.map(valueOf);
    // The tape frees what it saved when the pass is over, however it ends.
    if (read) entry.saved = [...entry.saved, ...inputs.map(({ value }) => value), ...outputs];
    operations.push({ entry, kernel, attributes, kind, inputs, outputs, stored, isFirst: weighted && !behind });
  };

  const replace = (call: KernelCall): tf.Tensor | null => spellOut(call, set, input.shape[0] ?? 1, ({ id }) => depends.has(id));
  const result = watched({ observe, replace }, pass);
  const joined = joinPairs(operations, 'clip', isClip);
  return { result, operations: mergeBatchNorm ? joinPairs(joined, 'batch-norm', isNormalisation) : joined };
}
