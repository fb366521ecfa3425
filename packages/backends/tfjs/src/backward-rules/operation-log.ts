import type { BackwardRules, OpKind } from '@pellucid/core';
import * as tf from '@tensorflow/tfjs-core';

import { tape, type TapeEntry } from '../gradients/tape.ts';
import { attributesOf } from '../kernels/fused-attributes.ts';
import { kernelKind, WEIGHTED } from './kernel-kinds.ts';

/** An operation of the forward pass that depends on the model's input. */
export interface Operation {
  readonly entry: TapeEntry;
  /** The kernel, or that of a fused operation without its bias. */
  readonly kernel: string;
  readonly attributes: tf.NamedAttrMap;
  readonly kind: OpKind;
  /** In the order of the kernel's inputs, their names in front. Handles whose memory may be gone, unless the rules read them. */
  readonly inputs: readonly (readonly [name: string, tensor: tf.Tensor])[];
  readonly outputs: readonly tf.Tensor[];
  /** Of each input, whether it never changes. */
  readonly stored: readonly boolean[];
  /** It has weights, and nothing between the model's input and it has. */
  readonly isFirst: boolean;
}

type Inputs = Readonly<Record<string, tf.Tensor | null | undefined>>;
type AddTapeNode = (kernel: string, inputs: Inputs, outputs: tf.Tensor[], gradient: unknown, saved: tf.Tensor[], attributes?: tf.NamedAttrMap) => void;

/** The part of the engine that writes the tape; it has no public name, but it alone is told the attributes of an operation. */
interface TapeWriter {
  addTapeNode: AddTapeNode;
}

/** Fused operations number their inputs: [x, weights, bias]. They run without activation while a pass is recorded. */
const FUSED: Readonly<Record<string, { readonly kernel: string; readonly inputs: readonly string[] }>> = {
  fusedConv2d__op: { kernel: 'Conv2D', inputs: ['x', 'filter', 'bias'] },
  fusedDepthwiseConv2d__op: { kernel: 'DepthwiseConv2dNative', inputs: ['x', 'filter', 'bias'] },
  fusedMatMul__op: { kernel: 'BatchMatMul', inputs: ['a', 'b', 'bias'] },
};

const keepValue = (tensor: tf.Tensor): tf.Tensor => tf.keep(tf.clone(tensor));

/** Calls `observe` after every operation that is written to the tape. */
function watchingTape<Result>(observe: (entry: TapeEntry, attributes: tf.NamedAttrMap) => void, pass: () => Result): Result {
  const engine = tf.engine() as unknown as TapeWriter;
  const write = engine.addTapeNode.bind(engine);
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
  try {
    return pass();
  } finally {
    Reflect.deleteProperty(engine, 'addTapeNode');
  }
}

/**
 * Runs a recorded forward pass and writes down its operations, in order. Where a rule will read the values of an operation, they are
 * kept for as long as the tape.
 */
export function logOperations<Result>(input: tf.Tensor, { rules }: BackwardRules, pass: () => Result): { readonly result: Result; readonly operations: readonly Operation[] } {
  const operations: Operation[] = [];
  const depends = new Set([input.id]);
  const behindWeights = new Set<number>();
  const mayMerge = [...WEIGHTED].some((kind) => rules[kind] !== undefined);

  const observe = (entry: TapeEntry, attributes: tf.NamedAttrMap): void => {
    const fused = FUSED[entry.kernelName];
    const given = Object.entries(entry.inputs).filter((pair): pair is [string, tf.Tensor] => pair[1] !== null && pair[1] !== undefined);
    // What a fused operation saves carries its name, but has no numbers.
    if ((fused !== undefined && entry.inputs[0] === undefined) || !given.some(([, tensor]) => depends.has(tensor.id))) return;
    const stored = given.map(([, tensor]) => !depends.has(tensor.id));
    for (const output of entry.outputs) depends.add(output.id);
    const use = {
      kernel: fused?.kernel ?? entry.kernelName,
      // The kernel of a fused operation remembers its attributes by its result, which is saved third.
      attributes: fused === undefined ? attributes : attributesOf(entry.saved[2]!),
      shape: given[0]![1].shape,
      stored,
    };
    const kind = kernelKind(use);
    const weighted = WEIGHTED.has(kind);
    const behind = given.some(([, tensor]) => behindWeights.has(tensor.id));
    if (weighted || behind) for (const output of entry.outputs) behindWeights.add(output.id);

    const read = rules[kind] !== undefined || (mayMerge && (use.kernel === 'Add' || kind === 'batch-norm'));
    const value = (tensor: tf.Tensor): tf.Tensor => (read ? keepValue(tensor) : tensor);
    const inputs = given.map(([name, tensor], i) => [fused?.inputs[i] ?? name, value(tensor)] as const);
    const outputs = entry.outputs.map(value);
    // The tape frees what it saved when the pass is over, however it ends.
    if (read) entry.saved = [...entry.saved, ...inputs.map(([, tensor]) => tensor), ...outputs];
    operations.push({ entry, kernel: use.kernel, attributes: use.attributes, kind, inputs, outputs, stored, isFirst: weighted && !behind });
  };

  const result = watchingTape(observe, pass);
  return { result, operations };
}
