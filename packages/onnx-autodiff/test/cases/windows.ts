import { ElementType, floatAttribute, int64Tensor as list, intAttribute as int, intsAttribute as ints, makeTensor, stringAttribute as text, type AttributeProto, type Dimension } from '@pellucid/onnx-graph';
import { weights, type RuleCase } from '../check-rule.ts';
import { distinct, floatList, floatsAttribute, offZero, positive } from './draws.ts';

const IMAGE: readonly Dimension[] = ['n', 3, 5, 6];

const transposed = (x: readonly Dimension[], w: readonly number[], opset: number, ...attributes: AttributeProto[]): RuleCase => {
  const groups = attributes.find(({ name }) => name === 'group')?.i ?? 1n;
  return { operator: 'ConvTranspose', opset, inputs: { x }, constants: [weights('w', w, true), weights('b', [w[1]! * Number(groups)], true)], attributes, single: true, linear: true };
};
const PLANE: readonly Dimension[] = ['n', 4, 5, 4];
const transposedConvolutions: readonly RuleCase[] = [
  transposed(PLANE, [4, 3, 3, 3], 7), transposed(PLANE, [4, 3, 3, 2], 13, ints('strides', [2, 3])), transposed(PLANE, [4, 3, 4, 4], 17, ints('strides', [2, 2]), ints('pads', [1, 1, 1, 1])),
  transposed(PLANE, [4, 3, 3, 3], 22, ints('strides', [2, 2]), ints('pads', [1, 0, 1, 1]), ints('output_padding', [1, 1])),
  transposed(PLANE, [4, 3, 3, 3], 17, ints('dilations', [2, 2])), transposed(PLANE, [4, 3, 2, 2], 17, ints('dilations', [2, 3]), ints('strides', [2, 2])),
  transposed(PLANE, [4, 3, 3, 3], 17, int('group', 2), ints('strides', [2, 2])), transposed(PLANE, [4, 1, 2, 2], 17, int('group', 4), ints('strides', [2, 2])),
  ...['SAME_UPPER', 'SAME_LOWER', 'VALID'].map((mode) => transposed(PLANE, [4, 3, 3, 4], 17, text('auto_pad', mode), ints('strides', [2, 2]))),
  ...['NOTSET', 'SAME_UPPER'].map((mode) => transposed(PLANE, [4, 3, 3, 3], 17, text('auto_pad', mode), ints('output_shape', [10, 8]), ints('strides', [2, 2]))),
  transposed(['n', 2, 5], [2, 3, 3], 17, ints('strides', [2])), transposed(['n', 2, 2, 3, 4], [2, 3, 2, 2, 2], 17, ints('strides', [2, 1, 2])),
  transposed(['n', 4, 'h', 'w'], [4, 3, 3, 3], 17, ints('strides', [2, 2]), ints('pads', [1, 1, 1, 1]), ints('output_padding', [1, 1])),
  { operator: 'ConvTranspose', inputs: { x: PLANE, b: [3] }, constants: [weights('w', [4, 3, 3, 3], true)], order: ['x', 'w', 'b'], single: true, linear: true },
  { operator: 'Conv', inputs: { x: PLANE, b: [3] }, constants: [weights('w', [3, 4, 3, 3], true)], order: ['x', 'w', 'b'], single: true, linear: true },
];

const kernel = (...lengths: number[]): AttributeProto => ints('kernel_shape', lengths);
const bothOperands = (operator: string, w: readonly number[], opset: number, ...attributes: AttributeProto[]): RuleCase =>
  ({ operator, opset, inputs: { x: [2, 4, 6, 5], w }, attributes, single: true, values: (draw) => draw / 2 });
const computedWeights: readonly RuleCase[] = [
  ...['Conv', 'ConvTranspose'].flatMap((operator): RuleCase[] => [
    bothOperands(operator, [4, 4, 3, 3], 7), bothOperands(operator, [4, 4, 3, 2], 13, ints('strides', [2, 2]), ints('pads', [1, 0, 1, 1])),
    bothOperands(operator, [4, 4, 2, 2], 17, ints('dilations', [2, 1]), ints('strides', [2, 3])), bothOperands(operator, [4, 2, 3, 3], 22, int('group', 2)),
    bothOperands(operator, [4, 1, 3, 3], 17, int('group', 4), ints('strides', [2, 2])), bothOperands(operator, [4, 4, 3, 3], 17, text('auto_pad', 'SAME_UPPER'), ints('strides', [2, 2])),
  ]),
  { ...bothOperands('Conv', [4, 4, 3, 3], 17, ints('pads', [1, 1, 1, 1])), inputs: { x: ['n', 4, 'h', 'w'], w: [4, 4, 3, 3] } },
];

const normPools: readonly RuleCase[] = [
  ...[1, 2, 3].map((p): RuleCase => ({ operator: 'LpPool', inputs: { x: IMAGE }, attributes: [kernel(3, 2), ints('strides', [2, 2]), ints('pads', [1, 0, 1, 0]), int('p', p)], values: offZero, single: true })),
  { operator: 'LpPool', opset: 11, inputs: { x: IMAGE }, attributes: [kernel(2, 2)], values: offZero, single: true },
  { operator: 'LpPool', opset: 18, inputs: { x: IMAGE }, attributes: [kernel(2, 2), ints('dilations', [2, 2])], values: offZero, single: true },
  ...[1, 2, 3].map((p): RuleCase => ({ operator: 'GlobalLpPool', inputs: { x: ['n', 3, 4] }, attributes: [int('p', p)], values: offZero, single: true })),
];

const FREE: RuleCase['inputs'] = { x: ['n', 3, 'h', 'w'] };
const freePools: readonly RuleCase[] = ([
  [kernel(2, 2)], [kernel(3, 2), ints('strides', [2, 2]), ints('pads', [1, 0, 1, 1])], [kernel(2, 3), ints('pads', [1, 1, 1, 1]), int('count_include_pad', 1)],
] as const).flatMap((attributes): RuleCase[] => [11, 19].map((opset) => ({ operator: 'AveragePool', opset, inputs: FREE, attributes, single: true, linear: true }))).concat([
  ...[9, 11, 17].map((opset): RuleCase => ({ operator: 'GlobalAveragePool', opset, inputs: FREE, single: true, linear: true })),
  { operator: 'GlobalMaxPool', inputs: FREE, single: true, linear: true, values: distinct },
]);

const TRANSFORMATIONS = ['half_pixel', 'pytorch_half_pixel', 'align_corners', 'asymmetric'];
const scaled = (opset: number, scales: readonly number[], ...attributes: AttributeProto[]): RuleCase =>
  ({ operator: 'Resize', opset, inputs: { x: IMAGE }, constants: [floatList('scales', scales)], order: ['x', '', 'scales'], attributes, single: true, linear: true });
const sized = (opset: number, sizes: readonly number[], ...attributes: AttributeProto[]): RuleCase =>
  ({ operator: 'Resize', opset, inputs: { x: [2, 3, 5, 6] }, constants: [list('sizes', sizes)], order: ['x', '', '', 'sizes'], attributes, single: true, linear: true });

const resizes: readonly RuleCase[] = [
  ...['nearest', 'linear', 'cubic'].flatMap((mode) => TRANSFORMATIONS.flatMap((way) => [
    scaled(13, [1, 1, 2, 1.5], text('mode', mode), text('coordinate_transformation_mode', way)),
    scaled(19, [1, 1, 0.6, 3], text('mode', mode), text('coordinate_transformation_mode', way)),
    sized(13, [2, 3, 7, 9], text('mode', mode), text('coordinate_transformation_mode', way)),
  ])),
  ...['round_prefer_floor', 'round_prefer_ceil', 'floor', 'ceil'].flatMap((rounding) => TRANSFORMATIONS.map((way) =>
    scaled(13, [1, 1, 2, 1.7], text('mode', 'nearest'), text('nearest_mode', rounding), text('coordinate_transformation_mode', way)))),
  scaled(19, [1, 1, 2.5, 1.5], text('mode', 'linear'), text('coordinate_transformation_mode', 'half_pixel_symmetric')),
  scaled(13, [1, 1, 2, 1.5], text('mode', 'cubic'), floatAttribute('cubic_coeff_a', -0.5), int('exclude_outside', 1)),
  ...['linear', 'cubic'].map((mode) => scaled(18, [1, 1, 0.5, 0.6], text('mode', mode), int('antialias', 1))),
  { ...scaled(18, [2, 1.5], text('mode', 'linear'), ints('axes', [2, 3])) }, { ...sized(18, [10, 9], text('mode', 'nearest'), ints('axes', [2, 3])) },
  { ...scaled(13, [1, 1, 2, 1.5], text('mode', 'linear')), inputs: { x: ['n', 3, 'h', 'w'] } }, { ...scaled(13, [1, 1, 2, 1.5], text('mode', 'linear')), atRuntime: ['scales'] },
  { ...sized(13, [2, 3, 7, 9], text('mode', 'linear')), atRuntime: ['sizes'] }, { ...sized(13, [2, 3, 6, 6], text('mode', 'nearest')), inputs: { x: ['n', 3, 'h', 'w'] }, atRuntime: ['sizes'] },
  {
    ...scaled(13, [1, 1, 1, 1.5], text('mode', 'linear'), text('coordinate_transformation_mode', 'tf_crop_and_resize'), floatAttribute('extrapolation_value', 4)),
    constants: [floatList('roi', [0, 0, 0.1, 0.2, 1, 1, 0.8, 1.3]), floatList('scales', [1, 1, 1, 1.5])], order: ['x', 'roi', 'scales'],
  },
  { ...scaled(13, [1, 1, 2], text('mode', 'nearest')), inputs: { x: ['n', 3, 5] } }, { ...scaled(13, [1, 1, 2], text('mode', 'linear')), inputs: { x: ['n', 3, 5] } },
  { ...scaled(13, [1, 1, 2, 2, 1.5], text('mode', 'nearest')), inputs: { x: ['n', 2, 2, 3, 3] } }, { ...scaled(13, [1, 1, 2, 2, 1.5], text('mode', 'linear')), inputs: { x: ['n', 2, 2, 3, 3] } },
  { ...scaled(13, [2, 1], text('mode', 'nearest')), inputs: { x: [3, 4] } },
  { ...scaled(11, [1, 1, 2, 1.5], text('mode', 'linear')), constants: [floatList('roi', []), floatList('scales', [1, 1, 2, 1.5])], order: ['x', 'roi', 'scales'] },
  ...['nearest', 'linear'].flatMap((mode): RuleCase[] => [
    { operator: 'Upsample', opset: 7, inputs: { x: IMAGE }, attributes: [text('mode', mode), floatsAttribute('scales', [1, 1, 2, 3])], single: true, linear: true },
    { operator: 'Resize', opset: 10, inputs: { x: IMAGE }, constants: [floatList('scales', [1, 1, 2, 1.5])], attributes: [text('mode', mode)], single: true, linear: true },
    { operator: 'Upsample', opset: 9, inputs: { x: IMAGE }, constants: [floatList('scales', [1, 1, 2, 3])], attributes: [text('mode', mode)], single: true, linear: true },
  ]),
];

const blocks = ([
  [[4, 5], [2, 2]], [[5, 5], [3, 2], ints('strides', [2, 1])], [[4, 4], [2, 2], ints('pads', [1, 0, 1, 1])], [[6, 5], [2, 2], ints('dilations', [2, 1])],
] as const).map(([image, block, ...attributes]): RuleCase => {
  const setting = (name: string, fallback: number[]): readonly number[] => attributes.find((attribute) => attribute.name === name)?.ints.map(Number) ?? fallback;
  const [strides, pads, dilations] = [setting('strides', [1, 1]), setting('pads', [0, 0, 0, 0]), setting('dilations', [1, 1])];
  const places = image.map((length, i) => Math.floor((length + pads[i]! + pads[i + 2]! - (block[i]! - 1) * dilations[i]! - 1) / strides[i]!) + 1);
  return {
    operator: 'Col2Im', opset: 18, inputs: { x: ['n', 2 * block[0] * block[1], places[0]! * places[1]!] }, constants: [list('image', image), list('block', block)],
    attributes, single: true, linear: true,
  };
});

const normalisations: readonly RuleCase[] = [
  ...[7, 22].map((opset): RuleCase => ({ operator: 'InstanceNormalization', opset, inputs: { x: ['n', 3, 4, 2], scale: [3], b: [3] }, single: true })),
  { operator: 'InstanceNormalization', inputs: { x: ['n', 3, 'w'] }, constants: [weights('scale', [3], true), weights('b', [3], true)], attributes: [floatAttribute('epsilon', 0.1)], single: true },
  { operator: 'GroupNormalization', opset: 18, inputs: { x: ['n', 4, 3, 2] }, constants: [weights('scale', [2], true), weights('b', [2], true)], attributes: [int('num_groups', 2)], single: true },
  ...[1, 2, 4].map((groups): RuleCase => ({ operator: 'GroupNormalization', opset: 21, inputs: { x: ['n', 4, 3, 2] }, constants: [weights('scale', [4], true), weights('b', [4], true)], attributes: [int('num_groups', groups)], single: true })),
  ...[-1, 1].map((axis): RuleCase => ({ operator: 'RMSNormalization', opset: 23, inputs: { x: ['n', 3, 4], scale: axis === 1 ? [3, 4] : [4] }, attributes: [int('axis', axis)] })),
  { operator: 'LayerNormalization', inputs: { x: ['n', 3, 4], scale: [4], b: [4] } }, { operator: 'LayerNormalization', inputs: { x: ['n', 3, 4], scale: [3, 4] }, attributes: [int('axis', 1)] },
  { operator: 'BatchNormalization', inputs: { x: ['n', 3, 4], scale: [3], b: [3] }, constants: [weights('mean', [3]), makeTensor('var', ElementType.DOUBLE, [3], [1, 2, 0.5])] },
  ...[1, 2].flatMap((p) => [-1, 1].map((axis): RuleCase => ({ operator: 'LpNormalization', inputs: { x: ['n', 3, 4] }, attributes: [int('p', p), int('axis', axis)], values: offZero }))),
  ...[undefined, [0, 2, 3], [2, 3]].map((axes): RuleCase => ({ operator: 'MeanVarianceNormalization', inputs: { x: ['n', 3, 4, 2] }, attributes: axes ? [ints('axes', axes)] : [], single: true })),
  ...[1, 3, 5].map((size): RuleCase => ({
    operator: 'LRN', inputs: { x: ['n', 6, 2, 3] }, attributes: [int('size', size), floatAttribute('alpha', 0.8), floatAttribute('beta', 0.6), floatAttribute('bias', 1.5)], values: positive, single: true,
  })),
];

/** What reads windows, positions between positions, and statistics. */
export const windows: readonly RuleCase[] = [...transposedConvolutions, ...computedWeights, ...normPools, ...freePools, ...resizes, ...blocks, ...normalisations];
