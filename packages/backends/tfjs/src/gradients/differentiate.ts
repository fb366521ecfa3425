import { isPellucidError, PellucidError } from '@pellucid/core';
import * as tf from '@tensorflow/tfjs-core';

import type { RulePass } from '../backward-rules/rule-pass.ts';
import { FLAT_OPERATIONS, flatten } from './flat-operations.ts';
import { withGradientRepairs } from './gradient-repairs.ts';
import { mergeNormalizations } from './merge-normalizations.ts';
import { releaseBehind } from './release-behind.ts';
import { differentiateSum } from './sum.ts';
import { clearTape, dropAbsentInputs, findPath, tape, type TapeEntry, type TapePath } from './tape.ts';
import { isVerified } from './verified-gradients.ts';

/** A tensor of the pass, with what to call it in messages. */
export interface Place {
  readonly name: string;
  readonly tensor: tf.Tensor;
}

/** What a recorded forward pass hands over. */
export interface Recording {
  /** The scalar to differentiate. */
  readonly objective: tf.Scalar;
  /** The layer that the objective is over; none: the logits. */
  readonly from?: Place | undefined;
  /** Where gradients are wanted. */
  readonly points: readonly Place[];
  /** What a point that the objective does not depend on gets; none: an error. */
  readonly unreachable?: 'zero' | undefined;
  /** The layer or node that wrote an entry of the tape. */
  readonly locate: (tapeIndex: number, kernel: string) => string;
}

/** A recording, and the gradients at its points in their order. */
export interface Differentiation<Recorded extends Recording> {
  readonly recorded: Recorded;
  readonly gradients: readonly tf.Tensor[];
}

const VERSION = `tfjs ${tf.version_core}`;

function undefinedGradient(operator: string, node: string, reason: string, cause?: unknown): PellucidError {
  return new PellucidError(
    'GRADIENT_UNDEFINED',
    {
      operator,
      node,
      version: VERSION,
      path: `input -> ${node} -> logits`,
      reason,
      help: 'Use a method that needs no gradients, take the gradient at a layer behind it, or run the model as ONNX.',
    },
    { cause },
  );
}

/** Refuses a pass before it would compute something wrong. */
function checkPath({ points, objective, from, locate, unreachable }: Recording, rules: RulePass | undefined): void {
  rules?.prepare([...points, ...(from ? [from] : [])].map(({ tensor }) => tensor));
  const entries = tape();
  dropAbsentInputs(entries);
  const path = findPath(entries, points.map(({ tensor }) => tensor), objective);
  for (const { name, tensor } of points) {
    if (unreachable === 'zero' || path.reaches(tensor)) continue;
    throw new PellucidError('GRADIENT_UNREACHABLE', {
      of: from?.name ?? 'the objective',
      at: name,
      help: from !== undefined
        ? `\`${from.name}\` is not computed from \`${name}\`: start from a layer behind \`${name}\`, name one before \`${from.name}\`, or take zeros with \`unreachable: 'zero'\`.`
        : 'Objectives are functions of the logits: a final softmax, and layers beside the path from input to logits, have no gradient.',
    });
  }
  const crossed = path.indices.map((index) => entries[index]!);
  const kept = new Set(points.map(({ tensor }) => tensor.id));
  if (rules === undefined) mergeNormalizations(crossed, kept);
  rules?.follow(crossed);
  for (const index of path.indices) {
    const entry = entries[index]!;
    const { kernelName } = entry;
    if (FLAT_OPERATIONS.has(kernelName)) {
      flatten(entry);
      continue;
    }
    if (kernelName === 'Add') differentiateSum(entry);
    const node = locate(index, kernelName);
    const verify = (): void => {
      if (isVerified(kernelName, tf.getBackend())) return;
      throw undefinedGradient(kernelName, node, `its gradient was not verified on engine \`${tf.getBackend()}\``);
    };
    const { gradient } = entry;
    const derivative: NonNullable<TapeEntry['gradient']> = (outputs) => {
      verify();
      return gradient?.(outputs) ?? {};
    };
    const replacement = rules?.replace({ entry, node, depends: path.depends, derivative }) ?? null;
    if (replacement === null) verify();
    else entry.gradient = replacement;
    nameFailures(entry, node, path);
  }
  releaseBehind(crossed, kept);
}

/** Makes an operation whose gradient fails, or lacks an input that is needed, say which it is. */
function nameFailures(entry: TapeEntry, node: string, { depends }: TapePath): void {
  const { kernelName, gradient } = entry;
  const named = <Result>(compute: () => Result): Result => {
    try {
      return compute();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw isPellucidError(error) ? error : undefinedGradient(kernelName, node, `this use of it is not covered (${reason})`, error);
    }
  };
  if (gradient === undefined) return;
  entry.gradient = (outputs) => {
    const computations = named(() => gradient(outputs));
    const missing = Object.entries(entry.inputs).find(([name, input]) => input && depends(input) && !(name in computations));
    if (missing !== undefined) throw undefinedGradient(kernelName, node, `its gradient with respect to \`${missing[0]}\` is not covered`);
    return Object.fromEntries(Object.entries(computations).map(([name, compute]) => [name, () => named(compute)]));
  };
}

/**
 * Runs a forward pass and differentiates it: the gradient of its objective at each of its points (at least one),
 * in one backward pass. To be called
 * inside `exclusive` and a tidy; everything it changes is restored before it returns.
 * @param rules - backward rules that have observed the forward pass
 * @throws GRADIENT_UNDEFINED, GRADIENT_UNREACHABLE.
 */
export function differentiate<Recorded extends Recording>(record: () => Recorded, rules?: RulePass): Differentiation<Recorded> {
  // The engine reads the list of points after the forward pass, so that it can hold tensors which that pass makes. The backward pass
  // goes no further than to them.
  const points: tf.Tensor[] = [tf.scalar(0)];
  let recorded: Recorded | undefined;
  const forward = (): tf.Scalar => {
    recorded = record();
    checkPath(recorded, rules);
    points.splice(0, 1, ...recorded.points.map(({ tensor }) => tensor));
    return recorded.objective;
  };
  try {
    // The engine, too, would refuse a pass none of whose points is reached: `checkPath` decides that.
    const { grads } = withGradientRepairs(() => tf.engine().gradients(forward, points, undefined, true));
    if (recorded === undefined) throw new Error('internal: the engine skipped the forward pass');
    // A point that was not reached may be freed by now: its shape is left.
    const found: readonly (tf.Tensor | undefined)[] = grads;
    return { recorded, gradients: recorded.points.map(({ tensor }, i) => found[i] ?? tf.zeros(tensor.shape)) };
  } catch (error) {
    clearTape();
    if (isPellucidError(error) || recorded === undefined) throw error;
    throw undefinedGradient('unknown', 'unknown', `the engine could not compute it (${String(error)})`, error);
  }
}
