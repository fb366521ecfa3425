import type * as tf from '@tensorflow/tfjs-core';

import type { Layer, Leaf } from './layers-tree.ts';

/** The part of a recurrent layer that computes a step, with what it holds for dropout. */
interface Cell {
  dropout: number;
  recurrentDropout: number;
  dropoutMask: tf.Tensor | tf.Tensor[] | null;
  recurrentDropoutMask: tf.Tensor | tf.Tensor[] | null;
}

/** Where layers hold others that are no layers of the model: recurrent layers, stacks of cells, wrappers, models inside wrappers. */
const HOLDERS: readonly string[] = ['cell', 'cells', 'layer', 'layers', 'forwardLayer', 'backwardLayer'];

const isCell = (part: object): part is Cell => 'recurrentDropoutMask' in part;

/** Every recurrent cell that has dropout, each object once. */
export function droppingCells(leaves: readonly Leaf[]): Cell[] {
  const seen = new Set<object>();
  const visit = (part: unknown): Cell[] => {
    if (Array.isArray(part)) return part.flatMap(visit);
    if (typeof part !== 'object' || part === null || seen.has(part)) return [];
    seen.add(part);
    if (isCell(part)) return part.dropout > 0 || part.recurrentDropout > 0 ? [part] : [];
    return HOLDERS.flatMap((holder) => visit((part as Record<string, unknown>)[holder]));
  };
  return leaves.flatMap(({ layer }: { readonly layer: Layer }) => visit(layer));
}

/**
 * Runs a synchronous pass in which recurrent cells drop nothing. At inference they would still make masks, of ones, and keep them for good;
 * and cells of a plain `RNN` layer would go on with those of the last training step, whatever the batch.
 */
export function withoutRecurrentDropout<Result>(cells: readonly Cell[], pass: () => Result): Result {
  const held = cells.map(({ dropout, recurrentDropout, dropoutMask, recurrentDropoutMask }) => ({ dropout, recurrentDropout, dropoutMask, recurrentDropoutMask }));
  for (const cell of cells) Object.assign(cell, { dropout: 0, recurrentDropout: 0, dropoutMask: null, recurrentDropoutMask: null });
  try {
    return pass();
  } finally {
    cells.forEach((cell, i) => Object.assign(cell, held[i]));
  }
}
