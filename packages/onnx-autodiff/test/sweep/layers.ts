import { ElementType, floatAttribute, intAttribute, intsAttribute, makeTensor, stringAttribute, type AttributeProto } from '@pellucid/onnx-graph';
import type { RuleCase } from '../check-rule.ts';
import { offZero, positive } from '../cases/draws.ts';
import { list, table, type Chance } from './chance.ts';
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
      attributes: [intAttribute('size', chance.pick([1, 3, 5, 7])), floatAttribute('alpha', chance.number(0.1, 1)), floatAttribute('beta', chance.number(0.5, 1)), floatAttribute('bias', chance.number(1, 2))],
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
  const opset = opsetFrom(chance, 23, 24);
  const mask = chance.happens(0.4) ? [chance.stored('mask', [queries, keys])] : [];
  const counts = opset >= 24 && chance.happens(0.3) ? [table('counts', [2], [chance.integer(1, keys), chance.integer(1, keys)])] : [];
  return {
    operator: 'Attention', opset, inputs, attributes, constants: [...mask, ...counts], values: (draw) => draw * 0.7, single: true,
    ...(counts.length > 0 && { order: ['q', 'k', 'v', mask.length > 0 ? 'mask' : '', '', '', 'counts'] }),
  };
}

export function rotation(chance: Chance): RuleCase {
  const [heads, length, pairs, rest] = [chance.integer(1, 3), chance.integer(1, 4), chance.integer(1, 3), chance.happens(0.3) ? 2 : 0];
  const width = 2 * pairs + rest;
  const joined = chance.happens(0.5);
  const caches = ['cosines', 'sines'].map((name) => chance.stored(name, [5, pairs]));
  return {
    operator: 'RotaryEmbedding', opset: opsetFrom(chance, 23), inputs: { x: joined ? ['n', length, heads * width] : ['n', heads, length, width] },
    constants: [...caches, table('ids', [2, length], Array.from({ length: 2 * length }, () => chance.integer(0, 4)))], linear: true,
    attributes: [intAttribute('interleaved', chance.integer(0, 1)), ...(joined ? [intAttribute('num_heads', heads)] : []), ...(rest > 0 ? [intAttribute('rotary_embedding_dim', 2 * pairs)] : [])],
  };
}

export function spectrum(chance: Chance): RuleCase {
  if (chance.happens(0.5)) {
    const frame = chance.integer(2, 8);
    const signal = ['n', frame + chance.integer(0, 8), ...(chance.happens(0.5) ? [1] : [])];
    const step = table('step', [], [chance.integer(1, 4)]);
    return { operator: 'STFT', opset: opsetFrom(chance, 17), inputs: { x: signal }, constants: [step, chance.stored('window', [frame])], attributes: [intAttribute('onesided', chance.integer(0, 1))], linear: true, single: true };
  }
  const oneSided = chance.happens(0.5);
  const lengths = chance.lengths(chance.integer(2, 3), 6);
  const axis = chance.integer(1, lengths.length - 1);
  const opset = opsetFrom(chance, 17);
  const inverse = oneSided ? 0 : chance.integer(0, 1);
  const size = chance.happens(0.4) ? [table('length', [], [chance.integer(1, 7)])] : [];
  const attributes = [intAttribute('onesided', oneSided ? 1 : 0), intAttribute('inverse', inverse)];
  const inputs = { x: [...lengths, oneSided || chance.happens(0.5) ? 1 : 2] };
  const order = ['x', size.length > 0 ? 'length' : ''];
  if (opset < 20) return { operator: 'DFT', opset, inputs, constants: size, attributes: [...attributes, intAttribute('axis', axis)], linear: true, order };
  return { operator: 'DFT', opset, inputs, constants: [...size, table('axis', [], [axis])], attributes, linear: true, order: [...order, 'axis'] };
}

export function blocksToImage(chance: Chance): RuleCase {
  const each = (low: number, high: number): [number, number] => [chance.integer(low, high), chance.integer(low, high)];
  const [block, strides, dilations] = [each(1, 3), each(1, 2), each(1, 2)];
  const pads = [...each(0, 1), ...each(0, 1)];
  const image = block.map((length, i) => (length - 1) * dilations[i]! + 1 + chance.integer(0, 4));
  const places = image.map((length, i) => Math.floor((length + pads[i]! + pads[i + 2]! - (block[i]! - 1) * dilations[i]! - 1) / strides[i]!) + 1);
  return {
    operator: 'Col2Im', opset: opsetFrom(chance, 18), inputs: { x: ['n', chance.integer(1, 3) * block[0] * block[1], places[0]! * places[1]!] },
    constants: [list('image', image), list('block', block)], linear: true, single: true,
    attributes: [intsAttribute('strides', strides), intsAttribute('dilations', dilations), intsAttribute('pads', pads)],
  };
}

export function recurrent(chance: Chance): RuleCase {
  const [operator, gates] = chance.pick([['LSTM', 4], ['GRU', 3], ['RNN', 1]] as const);
  const [steps, batch, width, hidden] = [chance.integer(1, 4), chance.integer(1, 3), chance.integer(1, 3), chance.integer(1, 3)];
  const direction = chance.pick(['forward', 'reverse', 'bidirectional']);
  const directions = direction === 'bidirectional' ? 2 : 1;
  const small = (name: string, shape: readonly number[]): ReturnType<Chance['stored']> => chance.stored(name, shape, 0.6);
  const constants = [small('w', [directions, gates * hidden, width]), small('r', [directions, gates * hidden, hidden])];
  const optional = { b: chance.happens(0.6), h: chance.happens(0.5), c: operator === 'LSTM' && chance.happens(0.5), p: operator === 'LSTM' && chance.happens(0.3) };
  if (optional.b) constants.push(small('b', [directions, 2 * gates * hidden]));
  if (optional.p) constants.push(small('p', [directions, 3 * hidden]));
  const settings = { LSTM: ['input_forget'], GRU: ['linear_before_reset'], RNN: [] }[operator].filter(() => chance.happens(0.4));
  const opset = opsetFrom(chance, 7, 22);
  const samples = opset >= 10 && chance.happens(0.3) ? `f${batch}` : batch;
  const state = [directions, samples, hidden];
  return {
    operator, opset, inputs: { x: [steps, samples, width], ...(optional.h && { h: state }), ...(optional.c && { c: state }) },
    constants, order: ['x', 'w', 'r', optional.b ? 'b' : '', '', optional.h ? 'h' : '', ...(operator === 'LSTM' ? [optional.c ? 'c' : '', optional.p ? 'p' : ''] : [])],
    outputs: operator === 'LSTM' ? 3 : 2, uneven: true, single: true, values: (draw) => draw * 0.7,
    attributes: [intAttribute('hidden_size', hidden), stringAttribute('direction', direction), ...settings.map((name) => intAttribute(name, 1))],
  };
}
