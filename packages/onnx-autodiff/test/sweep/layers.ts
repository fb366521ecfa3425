import { ElementType, floatAttribute, intAttribute, intsAttribute, makeTensor, stringAttribute, type AttributeProto } from '@pellucid/onnx-graph';
import type { RuleCase } from '../check-rule.ts';
import { offZero, positive } from '../cases/draws.ts';
import type { Chance } from './chance.ts';
import { opsetFrom } from './mathematics.ts';

/** Values whose spread is never near 0, where a normalisation bends too sharply for a step. */
const spread = (draw: number, i: number): number => draw / 2 + (i % 2 === 0 ? 1 : -1);

export function gemm(chance: Chance): RuleCase {
  const [rows, inner, columns] = chance.lengths(3) as [number, number, number];
  const [transA, transB] = [chance.integer(0, 1), chance.integer(0, 1)];
  const opset = opsetFrom(chance, 7);
  const third = chance.pick<number[] | null>([[columns], [rows, columns], [1, columns], [rows, 1], [1], [], opset >= 11 ? null : [columns]]);
  return {
    operator: 'Gemm', opset, inputs: { a: transA ? [inner, rows] : [rows, inner], b: transB ? [columns, inner] : [inner, columns], ...(third && { c: third }) },
    attributes: [intAttribute('transA', transA), intAttribute('transB', transB), floatAttribute('alpha', chance.number(0.5, 2)), floatAttribute('beta', chance.number(0.5, 2))],
  };
}

export function matMul(chance: Chance): RuleCase {
  const [rows, inner, columns] = chance.lengths(3) as [number, number, number];
  const batch = chance.lengths(chance.integer(0, 2), 3);
  const narrow = (): number[] => batch.slice(chance.integer(0, batch.length)).map((length) => (chance.happens(0.3) ? 1 : length));
  const [a, b] = [chance.happens(0.15) ? [inner] : [...batch, rows, inner], chance.happens(0.15) ? [inner] : [...narrow(), inner, columns]];
  return { operator: 'MatMul', opset: opsetFrom(chance, 7), inputs: chance.happens(0.5) || a.length === 1 ? { a, b } : { a: [...narrow(), rows, inner], b: b.length === 1 ? b : [...batch, inner, columns] } };
}

/** Sums of products over letters drawn at random. */
export function einsum(chance: Chance): RuleCase {
  const letters = ['i', 'j', 'k', 'l'];
  const lengths = chance.lengths(4, 3);
  const terms = Array.from({ length: chance.integer(1, 3) }, () => {
    const axes = chance.permutation(4).slice(0, chance.integer(1, 3));
    return chance.happens(0.2) ? [...axes, chance.pick(axes)] : axes;
  });
  const used = [...new Set(terms.flat())];
  const result = chance.permutation(used.length).slice(0, chance.integer(0, Math.min(3, used.length))).map((i) => used[i]!);
  const word = (axes: readonly number[]): string => axes.map((axis) => letters[axis]!).join('');
  const equation = `${terms.map(word).join(',')}->${word(result)}`;
  const inputs = Object.fromEntries(terms.map((axes, i) => [`x${i}`, axes.map((axis) => lengths[axis]!)]));
  return { operator: 'Einsum', opset: opsetFrom(chance, 12), inputs, attributes: [stringAttribute('equation', equation)] };
}

const channels = (chance: Chance): { count: number; rest: number[] } => ({ count: chance.pick([2, 4, 6]), rest: [chance.integer(2, 4), chance.integer(2, 3)] });

export function normalization(chance: Chance): RuleCase {
  const { count, rest } = channels(chance);
  const image = ['n', count, ...rest];
  const epsilon = floatAttribute('epsilon', chance.pick([1e-5, 0.01, 0.5]));
  const scaled = chance.happens(0.5);
  const affine = (length: number): Pick<RuleCase, 'inputs' | 'constants'> => (scaled
    ? { inputs: { x: image, scale: [length], b: [length] } }
    : { inputs: { x: image }, constants: [chance.stored('scale', [length]), chance.stored('b', [length])] });
  const lastAxes = (): { axis: number; shape: number[] } => {
    const axis = chance.integer(1, 3);
    return { axis: chance.happens(0.5) ? axis : axis - 4, shape: [count, ...rest].slice(axis - 1) };
  };
  switch (chance.pick(['batch', 'instance', 'group', 'layer', 'rms', 'lrn', 'mean', 'lp'])) {
    case 'batch': return {
      operator: 'BatchNormalization', opset: opsetFrom(chance, 7), ...affine(count), attributes: [epsilon], order: ['x', 'scale', 'b', 'mean', 'variance'],
      constants: [...(affine(count).constants ?? []), chance.stored('mean', [count]), makeTensor('variance', ElementType.DOUBLE, [count], Array.from({ length: count }, () => chance.number(0.5, 2)))],
    };
    case 'instance': return { operator: 'InstanceNormalization', opset: opsetFrom(chance, 7), ...affine(count), attributes: [epsilon], values: spread, single: true };
    case 'group': {
      const opset = opsetFrom(chance, 18);
      const groups = chance.pick([1, 2, count]);
      return { operator: 'GroupNormalization', opset, ...affine(opset < 21 ? groups : count), attributes: [epsilon, intAttribute('num_groups', groups)], values: spread, single: true };
    }
    case 'layer': {
      const { axis, shape } = lastAxes();
      return { operator: 'LayerNormalization', opset: opsetFrom(chance, 17), inputs: { x: image, scale: shape, ...(scaled && { b: shape }) }, attributes: [epsilon, intAttribute('axis', axis)], values: spread };
    }
    case 'rms': {
      const { axis, shape } = lastAxes();
      return { operator: 'RMSNormalization', opset: opsetFrom(chance, 23), inputs: { x: image, scale: shape }, attributes: [epsilon, intAttribute('axis', axis)], values: spread };
    }
    case 'lrn': return {
      operator: 'LRN', opset: opsetFrom(chance, 7), inputs: { x: image }, values: positive, single: true,
      attributes: [intAttribute('size', chance.integer(1, 6)), floatAttribute('alpha', chance.number(0.1, 1)), floatAttribute('beta', chance.number(0.5, 1)), floatAttribute('bias', chance.number(1, 2))],
    };
    case 'mean': return { operator: 'MeanVarianceNormalization', opset: opsetFrom(chance, 9), inputs: { x: image }, values: spread, single: true, attributes: [intsAttribute('axes', chance.pick([[0, 2, 3], [2, 3], [1, 2, 3]]))] };
    default: return { operator: 'LpNormalization', opset: opsetFrom(chance, 7), inputs: { x: image }, values: offZero, attributes: [intAttribute('p', chance.integer(1, 2)), intAttribute('axis', chance.integer(-4, 3))] };
  }
}

export function attention(chance: Chance): RuleCase {
  const [queries, keys, width, valueWidth] = [chance.integer(1, 4), chance.integer(1, 4), chance.integer(1, 4), chance.integer(1, 3)];
  const shared = chance.integer(1, 2);
  const heads = shared * chance.integer(1, 2);
  const joined = chance.happens(0.4);
  const attributes: AttributeProto[] = [
    ...(joined ? [intAttribute('q_num_heads', heads), intAttribute('kv_num_heads', shared)] : []), ...(chance.happens(0.4) ? [intAttribute('is_causal', 1)] : []),
    ...(chance.happens(0.3) ? [floatAttribute('softcap', chance.number(0.5, 2))] : []), ...(chance.happens(0.3) ? [floatAttribute('scale', chance.number(0.2, 1))] : []),
  ];
  const inputs = joined
    ? { q: ['n', queries, heads * width], k: ['n', keys, shared * width], v: ['n', keys, shared * valueWidth] }
    : { q: ['n', heads, queries, width], k: ['n', shared, keys, width], v: ['n', shared, keys, valueWidth] };
  const mask = chance.happens(0.4) ? [chance.stored('mask', [queries, keys])] : [];
  return { operator: 'Attention', opset: opsetFrom(chance, 23, 24), inputs, attributes, constants: mask, values: (draw) => draw * 0.7, single: true };
}
