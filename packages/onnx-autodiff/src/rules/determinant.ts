import { intAttribute } from '@pellucid/onnx-graph';
import { knownShape, unsqueeze } from '../engine/emitter.ts';
import type { GradientRule } from '../engine/gradient-rule.ts';

/** Larger ones would take n^2 determinants of n - 1 rows each. */
const MOST_ROWS = 16;

const without = (count: number, left: number): number[] => Array.from({ length: count }, (_, i) => i).filter((i) => i !== left);

/** The slope of a determinant is the matrix of cofactors, which also singular matrices have (Laplace's expansion): signed determinants of the minors. */
export const determinant: GradientRule = ({ emit, dy, inputs: [x = ''] }) => {
  const shape = knownShape(emit, x);
  const rows = shape.at(-1);
  if (shape.length < 2 || typeof rows !== 'number' || rows < 1 || rows > MOST_ROWS) return emit.fail(`its matrices have ${rows ?? 'an unknown number of'} rows`, `Up to ${MOST_ROWS} have a rule.`);
  const around = unsqueeze(emit, dy, [shape.length - 2, shape.length - 1]);
  if (rows === 1) return [around];
  const places = Array.from({ length: rows ** 2 }, (_, i) => without(rows, Math.floor(i / rows)).flatMap((row) => without(rows, i % rows).map((column) => row * rows + column))).flat();
  const lists = shape.slice(0, -2).map(() => 0);
  const flat = emit.op('Reshape', [x, emit.integers([...lists, rows ** 2])]);
  const elements = emit.op('Gather', [flat, emit.integers(places)], [intAttribute('axis', shape.length - 2)]);
  const minors = emit.op('Reshape', [elements, emit.integers([...lists, rows, rows, rows - 1, rows - 1])]);
  const signs = emit.constant([rows, rows], Array.from({ length: rows ** 2 }, (_, i) => (-1) ** (Math.floor(i / rows) + (i % rows))), dy);
  return [emit.op('Mul', [around, emit.op('Mul', [emit.op('Det', [minors]), signs])])];
};
