import { intAttribute, intsAttribute, stringAttribute, type AttributeProto, type Dimension } from '@pellucid/onnx-graph';
import type { RuleCase } from '../check-rule.ts';
import { distinct, offZero } from '../cases/draws.ts';
import { opsetFrom } from './mathematics.ts';
import type { Chance } from './chance.ts';

/** Where windows lie, over inputs that they fit into. */
interface Windows {
  readonly lengths: readonly number[];
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly attributes: readonly AttributeProto[];
  /** The spatial axes as the model declares them. */
  readonly declared: readonly Dimension[];
}

function windowsOf(chance: Chance, dilates: boolean, pads: 'below kernel' | 'any'): Windows {
  const rank = chance.pick([1, 2, 2, 2, 3]);
  const each = <Value>(make: (axis: number) => Value): Value[] => Array.from({ length: rank }, (_, axis) => make(axis));
  const kernel = each(() => chance.integer(1, rank === 3 ? 2 : 4));
  const strides = each(() => chance.integer(1, 3));
  const dilations = each(() => (dilates && chance.happens(0.4) ? chance.integer(1, 3) : 1));
  const lengths = each((axis) => (kernel[axis]! - 1) * dilations[axis]! + 1 + chance.integer(0, 5));
  // Of dilations, and of strides beyond the kernel, the runtime finds paddings of its own, or refuses them.
  const fits = dilations.every((step) => step === 1) && strides.every((stride, axis) => stride <= kernel[axis]!);
  const mode = chance.pick(['NOTSET', 'NOTSET', 'NOTSET', 'VALID', ...(fits ? ['SAME_UPPER', 'SAME_LOWER'] : [])]);
  const most = (axis: number): number => (pads === 'any' ? 3 : kernel[axis]! - 1);
  const auto = mode === 'NOTSET' ? [intsAttribute('pads', [...each((axis) => chance.integer(0, most(axis))), ...each((axis) => chance.integer(0, most(axis)))])] : [stringAttribute('auto_pad', mode)];
  const free = mode === 'NOTSET' && chance.happens(0.25);
  return {
    lengths, kernel, strides, dilations, declared: lengths.map((length) => (free ? `f${length}` : length)),
    attributes: [intsAttribute('kernel_shape', kernel), intsAttribute('strides', strides), ...(dilations.some((step) => step > 1) ? [intsAttribute('dilations', dilations)] : []), ...auto],
  };
}

export function convolution(chance: Chance): RuleCase {
  const { kernel, attributes, declared, lengths } = windowsOf(chance, true, 'any');
  const groups = chance.pick([1, 1, 2, 3]);
  const [perGroup, outputsPerGroup] = [chance.integer(1, 3), chance.integer(1, 2)];
  const weightShape = [groups * outputsPerGroup, perGroup, ...kernel];
  const opset = opsetFrom(chance, declared.some((length) => typeof length === 'string') ? 11 : 7);
  const computed = chance.happens(0.2);
  const biased = chance.happens(0.5);
  const bias = biased ? [chance.stored('b', [groups * outputsPerGroup])] : [];
  return {
    operator: 'Conv', opset, attributes: [...attributes, intAttribute('group', groups)], single: true, linear: !computed,
    inputs: { x: ['n', groups * perGroup, ...(computed ? lengths : declared)], ...(computed && { w: weightShape }) },
    constants: computed ? bias : [chance.stored('w', weightShape), ...bias],
  };
}

export function transposed(chance: Chance): RuleCase {
  const { kernel, strides, dilations, declared, lengths } = windowsOf(chance, true, 'any');
  const each = <Value>(make: (axis: number) => Value): Value[] => kernel.map((_, axis) => make(axis));
  const groups = chance.pick([1, 1, 2]);
  const [perGroup, outputsPerGroup] = [chance.integer(1, 3), chance.integer(1, 2)];
  const weightShape = [groups * perGroup, outputsPerGroup, ...kernel];
  // Cuts that leave something of every axis.
  const pads = each((axis) => (strides[axis]! * (lengths[axis]! - 1) + (kernel[axis]! - 1) * dilations[axis]! > 3 ? chance.integer(0, 1) : 0));
  const computed = chance.happens(0.2);
  return {
    operator: 'ConvTranspose', opset: opsetFrom(chance, 11), single: true, linear: !computed,
    inputs: { x: ['n', groups * perGroup, ...(computed ? lengths : declared)], ...(computed && { w: weightShape }) },
    constants: [...(computed ? [] : [chance.stored('w', weightShape)]), ...(chance.happens(0.5) ? [chance.stored('b', [groups * outputsPerGroup])] : [])],
    attributes: [
      intsAttribute('strides', strides), intsAttribute('dilations', dilations), intsAttribute('pads', [...pads, ...pads.toReversed()]), intAttribute('group', groups),
      ...(chance.happens(0.4) ? [intsAttribute('output_padding', each((axis) => chance.integer(0, strides[axis]! - 1)))] : []),
    ],
  };
}

export function pool(chance: Chance): RuleCase {
  const operator = chance.pick(['MaxPool', 'MaxPool', 'AveragePool', 'AveragePool', 'LpPool']);
  const first = { MaxPool: 10, AveragePool: 19, LpPool: 18 }[operator] ?? 7;
  const opset = opsetFrom(chance, 7);
  const { attributes, declared, lengths } = windowsOf(chance, opset >= first, 'below kernel');
  const known = opset < 11;
  const ceil = opset >= (operator === 'LpPool' ? 18 : 10) && chance.happens(0.3);
  const extra = [
    ...(ceil ? [intAttribute('ceil_mode', 1)] : []), ...(operator === 'AveragePool' && chance.happens(0.5) ? [intAttribute('count_include_pad', 1)] : []),
    ...(operator === 'LpPool' ? [intAttribute('p', chance.integer(1, 3))] : []),
  ];
  return {
    operator, opset, inputs: { x: ['n', chance.integer(1, 3), ...(known ? lengths : declared)] }, attributes: [...attributes, ...extra],
    values: operator === 'MaxPool' ? distinct : offZero, linear: operator !== 'LpPool', single: true,
  };
}

export function globalPool(chance: Chance): RuleCase {
  const operator = chance.pick(['GlobalMaxPool', 'GlobalAveragePool', 'GlobalLpPool']);
  const lengths = chance.lengths(chance.integer(1, 3));
  const opset = opsetFrom(chance, 7);
  return {
    operator, opset, inputs: { x: ['n', chance.integer(1, 3), ...(opset >= 11 ? chance.declared(lengths) : lengths)] },
    attributes: operator === 'GlobalLpPool' ? [intAttribute('p', chance.integer(1, 3))] : [], values: operator === 'GlobalMaxPool' ? distinct : offZero,
    linear: operator !== 'GlobalLpPool', single: true,
  };
}
