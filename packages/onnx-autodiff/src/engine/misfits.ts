import { formatShape } from '@pellucid/core';
import { attributeInt, attributeInts, attributeString, concreteShape, normalAxis, type Dimension, type NodeProto, type TensorType } from '@pellucid/onnx-graph';

type Shape = readonly Dimension[];

/** A node whose first input has a known number of axes. */
interface Site {
  readonly node: NodeProto;
  /** The first input. */
  readonly x: Shape;
  /** All inputs; `undefined` for one that is left out or of unknown rank. */
  readonly shapes: readonly (Shape | undefined)[];
  readonly types: readonly (TensorType | undefined)[];
}

/** What cannot be right about a node, as the end of a sentence; `null` where nothing is proved. */
type Check = (site: Site) => string | null;

const shown = (shape: Shape): string => formatShape(shape.map((length) => (typeof length === 'number' ? length : null)));
const listed = (shapes: readonly Shape[]): string => shapes.map(shown).join(' and ');
const cannotCombine = (...shapes: readonly Shape[]): string => `cannot combine the shapes ${listed(shapes)}`;
const known = (shapes: readonly (Shape | undefined)[]): Shape[] => shapes.filter((shape) => shape !== undefined);

/** Whether two lengths are known and differ. */
const differ = (a: Dimension | undefined, b: Dimension | undefined): boolean => typeof a === 'number' && typeof b === 'number' && a !== b;

/** From the right, as broadcasting starts: whether two lengths are known and neither repeats to the other. */
const broadcastFails = (a: Shape, b: Shape): boolean =>
  a.some((_, i) => i < b.length && differ(a.at(-1 - i), b.at(-1 - i)) && a.at(-1 - i) !== 1 && b.at(-1 - i) !== 1);

const broadcast: Check = ({ shapes }) => {
  const operands = known(shapes);
  for (const [i, a] of operands.entries()) {
    const other = operands.slice(i + 1).find((b) => broadcastFails(a, b));
    if (other !== undefined) return cannotCombine(a, other);
  }
  return null;
};

/** Whether b repeats to the shape of a, which stays as it is. */
const repeatsTo = (a: Shape, b: Shape): boolean => b.length <= a.length && !b.some((_, i) => differ(a.at(-1 - i), b.at(-1 - i)) && b.at(-1 - i) !== 1);

const onto: Check = ({ x, shapes }) => {
  const other = known(shapes.slice(1)).find((shape) => !repeatsTo(x, shape));
  return other === undefined ? null : cannotCombine(x, other);
};

/** The weights are [outputs, channels of a group, ...windows]; of a transposed convolution [channels, outputs of a group, ...windows]. */
const convolution = (transposed: boolean): Check => ({ node, x, shapes: [, w, bias] }) => {
  if (!w) return null;
  const groups = attributeInt(node, 'group', 1);
  const [channels, outputs] = transposed ? [w[0], w[1]] : [w[1], w[0]];
  const read = typeof channels === 'number' ? channels * (transposed ? 1 : groups) : undefined;
  if (w.length !== x.length || differ(x[1], read)) return cannotCombine(x, w);
  const made = typeof outputs === 'number' ? outputs * (transposed ? groups : 1) : undefined;
  if (bias && differ(bias[0], made)) return `cannot add the bias ${shown(bias)} to ${made} channels`;
  const kernel = attributeInts(node, 'kernel_shape', null);
  const odd = kernel?.length !== x.length - 2 || kernel.some((length, i) => differ(w[i + 2], length));
  return kernel && odd ? `has windows ${shown(kernel)} and weights ${shown(w)}` : null;
};

const gemm: Check = ({ node, x, shapes: [, b, c] }) => {
  if (!b) return null;
  if (x.length !== 2 || b.length !== 2) return cannotCombine(x, b);
  const [rows, inner] = attributeInt(node, 'transA', 0) === 1 ? x.toReversed() : x;
  const [own, columns] = attributeInt(node, 'transB', 0) === 1 ? b.toReversed() : b;
  if (differ(inner, own)) return cannotCombine(x, b);
  return c && !repeatsTo([rows ?? null, columns ?? null], c) ? cannotCombine([rows ?? null, columns ?? null], c) : null;
};

const matMul: Check = ({ x, shapes: [, b] }) => {
  if (!b) return null;
  return x.length === 0 || b.length === 0 || differ(x.at(-1), b.length > 1 ? b.at(-2) : b[0]) || broadcastFails(x.slice(0, -2), b.slice(0, -2)) ? cannotCombine(x, b) : null;
};

const concat: Check = ({ node, x, shapes }) => {
  const joined = normalAxis(attributeInt(node, 'axis', 1), x.length);
  const odd = known(shapes).find((shape) => shape.length !== x.length || shape.some((length, axis) => axis !== joined && differ(length, x[axis])));
  return odd === undefined ? null : `cannot join the shapes ${listed([x, odd])} along axis ${joined}`;
};

const product = (lengths: readonly number[]): number => lengths.reduce((so, length) => so * length, 1);

const reshape: Check = ({ node, x, types: [, target] }) => {
  const wanted = concreteShape(attributeInts(node, 'shape', null) ?? target?.values);
  if (!wanted) return null;
  const keeps = attributeInt(node, 'allowzero', 0) === 0;
  const lengths = concreteShape(wanted.map((length, axis) => (length === 0 && keeps ? (x[axis] ?? null) : length)));
  const from = concreteShape(x);
  if (!lengths || !from) return null;
  const [all, others] = [product(from), product(lengths.filter((length) => length >= 0))];
  const fits = lengths.includes(-1) ? (others === 0 ? all === 0 : all % others === 0) : all === others;
  return fits ? null : `cannot give the shape ${shown(wanted)} to ${all} elements ${shown(x)}`;
};

const outside = (axis: number, rank: number): boolean => axis < -rank || axis >= rank;

const noSuchAxis = (axis: number, x: Shape): string => `has no axis ${axis} in ${shown(x)}`;

const alongAxis: Check = ({ node, x }) => {
  const axis = attributeInt(node, 'axis', 0);
  return outside(axis, x.length) ? noSuchAxis(axis, x) : null;
};

/** Axes of the first input, in an attribute or, in newer operator sets, an input. */
const alongAxes: Check = ({ node, x, types }) => {
  const axes = attributeInts(node, 'axes', null) ?? concreteShape(types[1]?.values);
  const odd = axes?.find((axis) => outside(axis, x.length));
  return odd === undefined ? null : noSuchAxis(odd, x);
};

const squeeze: Check = (site) => {
  const { node, x, types } = site;
  const axes = attributeInts(node, 'axes', null) ?? concreteShape(types[1]?.values) ?? [];
  const long = axes.find((axis) => !outside(axis, x.length) && differ(x[normalAxis(axis, x.length)], 1));
  return alongAxes(site) ?? (long === undefined ? null : `cannot drop axis ${long} of ${shown(x)}`);
};

const transpose: Check = ({ node, x }) => {
  const order = attributeInts(node, 'perm', null);
  return order === null || (order.length === x.length && new Set(order).size === x.length && !order.some((axis) => axis < 0 || axis >= x.length))
    ? null
    : `cannot permute the axes of ${shown(x)} by ${shown(order)}`;
};

const split: Check = (site) => {
  const { node, x, types } = site;
  const length = x[normalAxis(attributeInt(node, 'axis', 0), x.length)];
  const parts = attributeInts(node, 'split', null) ?? concreteShape(types[1]?.values);
  const sum = parts?.reduce((so, part) => so + part, 0);
  return alongAxis(site) ?? (parts && differ(length, sum) ? `cannot cut ${shown(x)} into parts of ${parts.join(', ')}` : null);
};

const gather: Check = (site) => {
  const { node, x, types: [, indices] } = site;
  const length = x[normalAxis(attributeInt(node, 'axis', 0), x.length)];
  const odd = typeof length === 'number' ? indices?.values?.find((at) => typeof at === 'number' && outside(at, length)) : undefined;
  return alongAxis(site) ?? (odd === undefined ? null : `reads position ${odd} of ${length}`);
};

/** Parameters per channel. */
const perChannel: Check = ({ x, shapes }) => {
  const odd = known(shapes.slice(1)).find((shape) => shape.length !== 1 || differ(shape[0], x[1]));
  return odd === undefined || x.length < 2 ? null : cannotCombine(x, odd);
};

const windows: Check = ({ node, x }) => {
  const kernel = attributeInts(node, 'kernel_shape', null);
  return kernel && kernel.length !== x.length - 2 ? `has windows ${shown(kernel)} for ${shown(x)}` : null;
};

const expand: Check = ({ x, types: [, target] }) => (target?.values && broadcastFails(x, target.values) ? cannotCombine(x, target.values) : null);

/** A list of one or more numbers per axis. */
const perAxis = (numbers: number): Check => ({ x, types: [, list, , axes] }) => {
  const count = list?.shape?.[0];
  return axes === undefined && differ(count, numbers * x.length) ? `has ${String(count)} numbers for the axes of ${shown(x)}` : null;
};

const blocks = (divides: (x: Shape, block: number) => readonly (readonly [Dimension | undefined, number])[]): Check => ({ node, x }) => {
  const block = attributeInt(node, 'blocksize', 1);
  return divides(x, block).some(([length, by]) => typeof length === 'number' && length % by !== 0) ? `cannot divide ${shown(x)} into blocks of ${block}` : null;
};

const einsum: Check = ({ node, shapes }) => {
  const terms = (attributeString(node, 'equation', '').replaceAll(' ', '').split('->')[0] ?? '').split(',');
  if (terms.some((term) => term.includes('...')) || terms.length !== shapes.length) return null;
  const lengths = new Map<string, number>();
  for (const [i, term] of terms.entries()) {
    const shape = shapes[i];
    if (shape === undefined) continue;
    if (shape.length !== term.length) return `names ${term.length} axes of ${shown(shape)}`;
    for (const [axis, letter] of [...term].entries()) {
      const length = shape[axis];
      if (typeof length !== 'number' || length === 1) continue;
      if (differ(lengths.get(letter), length)) return cannotCombine(...known(shapes));
      lengths.set(letter, length);
    }
  }
  return null;
};

const named = (check: Check, ...operators: readonly string[]): (readonly [string, Check])[] => operators.map((operator) => [operator, check]);

const CHECKS: ReadonlyMap<string, Check> = new Map<string, Check>([
  ...named(broadcast, 'Add', 'And', 'BitShift', 'BitwiseAnd', 'BitwiseOr', 'BitwiseXor', 'Div', 'Equal', 'Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual', 'Max', 'Mean', 'Min', 'Mod', 'Mul', 'Or', 'Pow', 'Sub', 'Sum', 'Where', 'Xor'),
  ...named(onto, 'PRelu', 'RMSNormalization'),
  ...named(alongAxis, 'ArgMax', 'ArgMin', 'GatherElements', 'Hardmax', 'LogSoftmax', 'LpNormalization', 'ScatterElements', 'Softmax', 'TopK'),
  ...named(alongAxes, 'ReduceL1', 'ReduceL2', 'ReduceLogSum', 'ReduceLogSumExp', 'ReduceMax', 'ReduceMean', 'ReduceMin', 'ReduceProd', 'ReduceSum', 'ReduceSumSquare'),
  ...named(perChannel, 'BatchNormalization', 'InstanceNormalization'),
  ...named(windows, 'AveragePool', 'LpPool', 'MaxPool'),
  ['Concat', concat], ['Conv', convolution(false)], ['ConvTranspose', convolution(true)],
  ['DepthToSpace', blocks(([, channels], block) => [[channels, block ** 2]])],
  ['Einsum', einsum], ['Expand', expand], ['Gather', gather], ['Gemm', gemm],
  ['LayerNormalization', onto], ['MatMul', matMul], ['Pad', perAxis(2)], ['Reshape', reshape],
  ['SpaceToDepth', blocks(([, , height, width], block) => [[height, block], [width, block]])],
  ['Split', split], ['Squeeze', squeeze], ['Tile', perAxis(1)], ['Transpose', transpose],
]);

/**
 * What shape inference proves to be wrong about a node of the standard domain, as the end of a sentence that starts with the node; `null` where it proves
 * nothing. Free axes prove nothing.
 */
export function misfitOf(node: NodeProto, types: ReadonlyMap<string, TensorType>): string | null {
  const operands = node.input.map((name) => (name === '' ? undefined : types.get(name)));
  const shapes = operands.map((type) => type?.shape ?? undefined);
  const [x] = shapes;
  return x === undefined ? null : (CHECKS.get(node.opType)?.({ node, x, shapes, types: operands }) ?? null);
}
