import { ElementType, floatAttribute, intAttribute as int, intsAttribute as ints, makeTensor, stringAttribute as text, type AttributeProto, type Dimension, type TensorProto } from '@pellucid/onnx-graph';
import { weights, type RuleCase } from '../check-rule.ts';
import { floatList, floatsAttribute, offZero } from './draws.ts';

const equation = (value: string, inputs: RuleCase['inputs'], opset = 17): RuleCase => ({ operator: 'Einsum', opset, inputs, attributes: [text('equation', value)] });
const einsums: readonly RuleCase[] = [
  equation('bij,bjk->bik', { a: ['n', 3, 4], b: ['n', 4, 2] }), equation('nchw,oc->nohw', { x: ['n', 3, 2, 2], w: [4, 3] }, 12), equation('ij->ji', { x: [3, 4] }),
  equation('ij->', { x: [3, 4] }), equation('ijk->j', { x: ['n', 3, 4] }), equation('i,i->', { a: [4], b: [4] }), equation('i,j->ij', { a: [4], b: [3] }),
  equation('bhid,bhjd->bhij', { q: ['n', 2, 3, 4], k: ['n', 2, 5, 4] }), equation('ij,jk', { a: [3, 4], b: [4, 2] }), equation('...ij,jk->...ik', { a: ['n', 3, 4], b: [4, 2] }), equation('...ij,...jk->...ik', { a: ['n', 3, 4], b: ['n', 4, 2] }),
  equation('...i->...', { x: ['n', 3, 4] }), equation('ij,ij,jk->ik', { a: [3, 4], b: [3, 4], c: [4, 2] }), equation('ik,jl->ij', { a: [3, 4], b: [2, 5] }),
  equation('ij,ij->ij', { a: [3, 4], b: [1, 4] }), equation('ii->i', { x: [3, 3] }), equation('ii->', { x: [3, 3] }), equation('bii->bi', { x: ['n', 3, 3] }),
  equation('iji,jk->k', { x: [2, 3, 2], w: [3, 4] }), equation('iij->', { x: [2, 2, 3] }), equation('...ii->...i', { x: ['n', 3, 3] }), equation('ii,ij->j', { a: [3, 3], b: [3, 2] }),
];

const query: readonly Dimension[] = ['n', 2, 3, 4];
const keys: readonly Dimension[] = ['n', 2, 5, 4];
const mask = makeTensor('mask', ElementType.FLOAT, [3, 5], Array.from({ length: 15 }, (_, i) => (i % 4) / 3));
const seen = makeTensor('mask', ElementType.BOOL, [3, 5], Array.from({ length: 15 }, (_, i) => Number(i % 4 !== 1)));
const attend = (inputs: RuleCase['inputs'], attributes: readonly AttributeProto[] = [], more: Partial<RuleCase> = {}): RuleCase =>
  ({ operator: 'Attention', opset: 23, inputs, attributes, single: true, values: (draw) => draw * 0.7, ...more });
const attentions: readonly RuleCase[] = [
  attend({ q: query, k: keys, v: ['n', 2, 5, 3] }), attend({ q: query, k: keys, v: keys }, [floatAttribute('scale', 0.3)]), attend({ q: query, k: query, v: query }, [int('is_causal', 1)]),
  attend({ q: query, k: keys, v: keys }, [floatAttribute('softcap', 0.8)]), attend({ q: query, k: keys, v: keys }, [], { constants: [mask] }), attend({ q: query, k: keys, v: keys }, [], { constants: [seen] }),
  attend({ q: ['n', 4, 3, 4], k: keys, v: keys }), attend({ q: ['n', 3, 8], k: ['n', 5, 8], v: ['n', 5, 8] }, [int('q_num_heads', 2), int('kv_num_heads', 2)]),
  attend({ q: ['n', 3, 8], k: ['n', 5, 4], v: ['n', 5, 4] }, [int('q_num_heads', 2), int('kv_num_heads', 1)]),
  attend({ q: query, k: keys, v: keys, pk: ['n', 2, 2, 4], pv: ['n', 2, 2, 4] }, [int('is_causal', 1)], { order: ['q', 'k', 'v', '', 'pk', 'pv'], unread: 2 }),
];

/** Numbers of keys, one per sample. */
const counts = makeTensor('counts', ElementType.INT64, [2], [2, 4]);
const validKeys: readonly RuleCase[] = [
  attend({ q: query, k: keys, v: keys }, [], { opset: 24, constants: [counts], order: ['q', 'k', 'v', '', '', '', 'counts'] }),
  attend({ q: query, k: keys, v: keys }, [], { opset: 24, constants: [mask, counts], order: ['q', 'k', 'v', 'mask', '', '', 'counts'] }),
];

const caches = ['cosines', 'sines'].map((name) => weights(name, [6, 2], true));
const ids = makeTensor('ids', ElementType.INT64, [2, 3], [0, 3, 5, 1, 1, 2]);
const rotations: readonly RuleCase[] = [0, 1].flatMap((interleaved): RuleCase[] => {
  const common = { operator: 'RotaryEmbedding', opset: 23, single: true, linear: true } as const;
  return [
    { ...common, inputs: { x: ['n', 2, 3, 4] }, constants: [...caches, ids], attributes: [int('interleaved', interleaved)] },
    { ...common, inputs: { x: ['n', 3, 8] }, constants: [...caches, ids], attributes: [int('interleaved', interleaved), int('num_heads', 2)] },
    { ...common, inputs: { x: ['n', 2, 3, 6] }, constants: [...caches, ids], attributes: [int('interleaved', interleaved), int('rotary_embedding_dim', 4)] },
    { ...common, inputs: { x: ['n', 2, 3, 4] }, constants: ['cosines', 'sines'].map((name) => weights(name, [2, 3, 2], true)), attributes: [int('interleaved', interleaved)] },
  ];
});

const FUSED = { domain: 'com.microsoft', single: true } as const;
const X: RuleCase['inputs'] = { x: ['n', 3, 4] };
const IMAGE: RuleCase['inputs'] = { x: ['n', 3, 5, 5] };
/** Small, so that the curvature of the activations stays small along a step. */
const w = makeTensor('w', ElementType.FLOAT, [4, 3, 3, 3], Array.from({ length: 108 }, (_, i) => (((i * 37) % 23) - 11) / 80));
const fused: readonly RuleCase[] = [
  ...([
    // The biases keep what is small otherwise away from the kinks.
    ['Relu', [], [3, -3, 3, -3]], ['Tanh', [], [0, 1, -1, 0]], ['Sigmoid', [], [0, 1, -1, 0]], ['LeakyRelu', [0.2], [3, -3, 3, -3]],
    ['Clip', [-1, 2], [0.5, 3.7, -2.7, 0.5]], ['HardSigmoid', [0.3, 0.4], [0.3, 3.7, -3, 0.3]],
  ] as const).map(([name, parameters, bias]): RuleCase => ({
    ...FUSED, operator: 'FusedConv', inputs: IMAGE, constants: [w, floatList('b', bias)], values: (draw) => draw / 16,
    attributes: [text('activation', name), ...(parameters.length > 0 ? [floatsAttribute('activation_params', parameters)] : []), ints('pads', [1, 1, 1, 1])],
  })),
  {
    ...FUSED, operator: 'FusedConv', opset: 9, inputs: IMAGE, constants: [w, floatList('b', [0.5, 3.7, -2.7, 0.5])], values: (draw) => draw / 16,
    attributes: [text('activation', 'Clip'), floatsAttribute('activation_params', [-1, 2]), ints('pads', [1, 1, 1, 1])],
  },
  { ...FUSED, operator: 'FusedConv', inputs: { ...IMAGE, z: ['n', 4, 3, 3] }, constants: [w, weights('b', [4], true)], order: ['x', 'w', 'b', 'z'], attributes: [text('activation', 'Tanh')], values: (draw) => draw / 16 },
  { ...FUSED, operator: 'FusedGemm', inputs: { a: ['n', 3], b: [3, 4], c: [4] }, attributes: [text('activation', 'LeakyRelu'), floatAttribute('activation_alpha', 0.1)], values: offZero },
  ...[0, 1].flatMap((transA) => [0, 1].map((transB): RuleCase => ({
    ...FUSED, operator: 'FusedMatMul', inputs: { a: transA ? ['n', 4, 3] : ['n', 3, 4], b: transB ? ['n', 2, 4] : ['n', 4, 2] },
    attributes: [int('transA', transA), int('transB', transB), floatAttribute('alpha', 0.5)],
  }))),
  ...[17, 20].flatMap((opset): RuleCase[] => [
    { ...FUSED, operator: 'Gelu', opset, inputs: X }, { ...FUSED, operator: 'BiasGelu', opset, inputs: { ...X, b: [4] } },
    { ...FUSED, operator: 'FastGelu', opset, inputs: { ...X, b: [4] } }, { ...FUSED, operator: 'FastGelu', opset, inputs: X },
    { ...FUSED, operator: 'QuickGelu', opset, inputs: X, attributes: [floatAttribute('alpha', 1.3)] },
  ]),
  ...[13, 18].flatMap((opset): RuleCase[] => [
    { ...FUSED, operator: 'SkipLayerNormalization', opset, inputs: { ...X, skip: ['n', 3, 4], scale: [4], beta: [4], b: [4] }, attributes: [floatAttribute('epsilon', 1)] },
    { ...FUSED, operator: 'SkipSimplifiedLayerNormalization', opset, inputs: { ...X, skip: ['n', 3, 4], scale: [4] }, attributes: [floatAttribute('epsilon', 1)] },
  ]),
  { ...FUSED, operator: 'Attention', inputs: X, values: (draw) => draw * 0.3, constants: [weights('w', [4, 12], true), weights('b', [12], true)], attributes: [int('num_heads', 2)] },
  { ...FUSED, operator: 'Attention', inputs: X, values: (draw) => draw * 0.3, constants: [weights('w', [4, 12], true), weights('b', [12], true)], attributes: [int('num_heads', 2), int('unidirectional', 1)] },
  { ...FUSED, operator: 'MultiHeadAttention', inputs: { q: ['n', 3, 4], k: ['n', 5, 4], v: ['n', 5, 4] }, attributes: [int('num_heads', 2)] },
  { ...FUSED, operator: 'MultiHeadAttention', inputs: { q: ['n', 3, 4], k: ['n', 5, 4], v: ['n', 5, 4], b: [12] }, attributes: [int('num_heads', 2), floatAttribute('scale', 0.4)] },
  ...([['pairs', [2, 3], [1, 1, 0, 1, 0, 1]], ['counts', [2], [2, 3]]] as const).map(([name, shape, values]): RuleCase => ({
    ...FUSED, operator: 'Attention', inputs: { x: [2, 3, 4] }, values: (draw) => draw * 0.3, attributes: [int('num_heads', 2)],
    constants: [weights('w', [4, 12], true), weights('b', [12], true), makeTensor(name, ElementType.INT32, shape, values)],
  })),
  { ...FUSED, operator: 'Attention', inputs: { ...X, past: [2, 'n', 2, 2, 2] }, values: (draw) => draw * 0.3, attributes: [int('num_heads', 2), int('unidirectional', 1)], constants: [weights('w', [4, 12], true), weights('b', [12], true)], order: ['x', 'w', 'b', '', 'past'], unread: 1 },
  ...([['keys', [2, 5], [1, 1, 0, 1, 1, 0, 1, 1, 1, 0]], ['lengths', [2], [3, 5]], ['pairs', [2, 3, 5], Array.from({ length: 30 }, (_, i) => Number(i % 4 !== 2))]] as const).map(([name, shape, values]): RuleCase => ({
    ...FUSED, operator: 'MultiHeadAttention', inputs: { q: [2, 3, 4], k: [2, 5, 4], v: [2, 5, 4] }, constants: [makeTensor(name, ElementType.INT32, shape, [...values])],
    order: ['q', 'k', 'v', '', name], attributes: [int('num_heads', 2)],
  })),
  { ...FUSED, operator: 'MultiHeadAttention', inputs: { q: ['n', 3, 4], k: ['n', 2, 5, 2], v: ['n', 2, 5, 2] }, attributes: [int('num_heads', 2)] },
  { ...FUSED, operator: 'MultiHeadAttention', inputs: { q: ['n', 3, 4], k: ['n', 3, 4], v: ['n', 3, 4], pk: ['n', 2, 2, 2], pv: ['n', 2, 2, 2] }, order: ['q', 'k', 'v', '', '', '', 'pk', 'pv'], unread: 2, attributes: [int('num_heads', 2)] },
  { operator: 'SimplifiedLayerNormalization', inputs: X, constants: [floatList('scale', [1, 2, 3, 4])], attributes: [int('axis', -1)], single: true },
];

const spectrum = (opset: number, x: RuleCase['inputs'][string], constants: readonly TensorProto[], order: readonly string[], ...attributes: AttributeProto[]): RuleCase =>
  ({ operator: 'DFT', opset, inputs: { x }, constants, order, attributes, single: true, linear: true });
const number = (name: string, value: number): TensorProto => makeTensor(name, ElementType.INT64, [], [value]);
const spectra: readonly RuleCase[] = [
  ...[[0, 0], [1, 0], [0, 1]].flatMap(([oneSided = 0, inverse = 0]): RuleCase[] => (oneSided === 1 ? [1] : [1, 2]).flatMap((parts) => [
    spectrum(17, ['n', 6, parts], [], ['x'], int('onesided', oneSided), int('inverse', inverse)),
    spectrum(20, ['n', 5, parts], [number('length', 8), number('axis', -2)], ['x', 'length', 'axis'], int('onesided', oneSided), int('inverse', inverse)),
    spectrum(20, ['n', 6, 3, parts], [number('length', 4), number('axis', 1)], ['x', 'length', 'axis'], int('onesided', oneSided), int('inverse', inverse)),
  ])),
  ...[0, 1].flatMap((oneSided) => [['n', 16], ['n', 16, 1]].map((x): RuleCase => ({
    operator: 'STFT', inputs: { x }, constants: [number('step', 3), weights('window', [6], true)], attributes: [int('onesided', oneSided)], single: true, linear: true,
  }))),
  { operator: 'STFT', inputs: { x: ['n', 16, 1] }, constants: [number('step', 2), number('length', 5)], order: ['x', 'step', '', 'length'], single: true, linear: true },
];

/** Weights that keep the gates off their flat ends. */
const small = (name: string, shape: readonly number[]): TensorProto => makeTensor(name, ElementType.FLOAT, shape, Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(3 * i + name.length) * 0.6));
const recurrents = ([['LSTM', 4], ['GRU', 3], ['RNN', 1]] as const).flatMap(([operator, gates]): RuleCase[] => [['forward', 1], ['reverse', 1], ['bidirectional', 2]].flatMap(([direction, count]) => {
  const directions = Number(count);
  const common = { operator, single: true, attributes: [int('hidden_size', 3), text('direction', String(direction))], outputs: operator === 'LSTM' ? 3 : 2, uneven: true, approximated: true } as const;
  const weighted = [small('w', [directions, 3 * gates, 2]), small('r', [directions, 3 * gates, 3]), small('b', [directions, 6 * gates])];
  return [
    { ...common, inputs: { x: [4, 'n', 2], h: [directions, 2, 3] }, constants: weighted, order: ['x', 'w', 'r', 'b', '', 'h'] },
    { ...common, opset: 7, inputs: { x: [1, 2, 2] }, constants: weighted.slice(0, 2) },
    ...Array.from({ length: common.outputs - 1 }, (_, i) => ({ ...common, inputs: { x: [4, 'n', 2] }, constants: weighted, before: i + 1, outputs: 1 })),
    { ...common, opset: 14, inputs: { x: [3, 2, 2], w: [directions, 3 * gates, 2], r: [directions, 3 * gates, 3], b: [directions, 6 * gates] }, values: (draw) => draw / 2 },
  ];
})).concat([
  {
    operator: 'LSTM', inputs: { x: [3, 2, 2], h: [1, 2, 3], c: [1, 2, 3] }, constants: [small('w', [1, 12, 2]), small('r', [1, 12, 3]), small('b', [1, 24]), small('peep', [1, 9])],
    order: ['x', 'w', 'r', 'b', '', 'h', 'c', 'peep'], attributes: [int('hidden_size', 3)], outputs: 3, single: true, uneven: true, approximated: true,
  },
  { operator: 'GRU', inputs: { x: [3, 2, 2] }, constants: [small('w', [1, 9, 2]), small('r', [1, 9, 3]), small('b', [1, 18])], attributes: [int('hidden_size', 3), int('linear_before_reset', 1)], outputs: 2, single: true, uneven: true, approximated: true },
]);

/** Operators that stand for several. */
export const compositions: readonly RuleCase[] = [...einsums, ...attentions, ...validKeys, ...rotations, ...fused, ...spectra, ...recurrents];
