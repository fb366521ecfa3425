import { floatAttribute, intAttribute, intsAttribute, stringAttribute } from '@pellucid/onnx-graph';
import type { RuleCase } from '../check-rule.ts';
import { floatList, floatsAttribute } from '../cases/draws.ts';
import { list, type Chance } from './chance.ts';
import { opsetFrom } from './mathematics.ts';

const upsample = (chance: Chance, opset: number, shape: readonly number[]): RuleCase => {
  const scales = shape.map((_, axis) => (axis < 2 ? 1 : chance.integer(1, 3)));
  const common = { operator: 'Upsample', opset, inputs: { x: shape }, single: true, linear: true };
  const mode = stringAttribute('mode', chance.pick(['nearest', 'linear']));
  return opset < 9 ? { ...common, attributes: [mode, floatsAttribute('scales', scales)] } : { ...common, attributes: [mode], constants: [floatList('scales', scales)] };
};

/** Images of two spatial axes: kernels for others are few. */
export function resize(chance: Chance): RuleCase {
  const shape = ['n', chance.integer(1, 3), chance.integer(2, 6), chance.integer(2, 6)].map((length) => (length === 'n' ? 2 : Number(length)));
  const opset = opsetFrom(chance, 7);
  if (opset < 10) return upsample(chance, opset, shape);
  const scales = shape.map((_, axis) => (axis < 2 ? 1 : chance.number(0.5, 3)));
  const common = { operator: 'Resize', opset, inputs: { x: shape }, single: true, linear: true };
  const mode = chance.pick(opset >= 11 ? ['nearest', 'linear', 'cubic'] : ['nearest', 'linear']);
  if (opset === 10) return { ...common, attributes: [stringAttribute('mode', mode)], constants: [floatList('scales', scales)] };
  const way = chance.pick(['half_pixel', 'pytorch_half_pixel', 'align_corners', 'asymmetric', ...(opset >= 19 ? ['half_pixel_symmetric'] : []), ...(opset < 13 && mode === 'nearest' ? ['tf_half_pixel_for_nn'] : [])]);
  const attributes = [
    stringAttribute('mode', mode), stringAttribute('coordinate_transformation_mode', way),
    ...(mode === 'nearest' ? [stringAttribute('nearest_mode', chance.pick(['round_prefer_floor', 'round_prefer_ceil', 'floor', 'ceil']))] : []),
    ...(mode === 'cubic' ? [floatAttribute('cubic_coeff_a', chance.pick([-0.75, -0.5])), intAttribute('exclude_outside', chance.integer(0, 1))] : []),
    ...(opset >= 18 && mode !== 'nearest' && chance.happens(0.3) ? [intAttribute('antialias', 1)] : []),
  ];
  const sizes = shape.map((length, axis) => (axis < 2 ? length : chance.integer(1, 9)));
  const bySizes = chance.happens(0.5);
  const region = opset >= 13 ? '' : 'roi';
  const spatial = opset >= 18 && chance.happens(0.5);
  const value = bySizes ? list('sizes', spatial ? sizes.slice(2) : sizes) : floatList('scales', spatial ? scales.slice(2) : scales);
  const empty = opset >= 13 ? [] : [floatList('roi', []), ...(bySizes ? [floatList('scales', [])] : [])];
  const aspect = spatial && bySizes && chance.happens(0.5) ? [stringAttribute('keep_aspect_ratio_policy', chance.pick(['not_larger', 'not_smaller']))] : [];
  return {
    ...common, attributes: [...attributes, ...aspect, ...(spatial ? [intsAttribute('axes', [2, 3])] : [])], constants: [value, ...empty],
    order: bySizes ? ['x', region, opset >= 13 ? '' : 'scales', 'sizes'] : ['x', region, 'scales'], atRuntime: chance.happens(0.2) ? [value.name] : [],
  };
}
