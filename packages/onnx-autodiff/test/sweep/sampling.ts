import { ElementType, floatAttribute, intAttribute, makeTensor, stringAttribute } from '@pellucid/onnx-graph';
import { placesOn } from '../cases/sampling.ts';
import type { RuleCase } from '../check-rule.ts';
import { list, table, type Chance } from './chance.ts';
import { opsetFrom } from './mathematics.ts';

/** Places along the axes of an image as input, or images as input and places stored; from opset 20 on also both. */
export function gridSample(chance: Chance): RuleCase {
  const opset = opsetFrom(chance, 16);
  const axes = opset >= 20 && chance.happens(0.4) ? 3 : 2;
  const channels = chance.integer(1, 3);
  const corners = chance.integer(0, 1);
  const mode = chance.pick([opset < 20 ? 'bilinear' : 'linear', 'nearest', ...(axes === 2 ? [opset < 20 ? 'bicubic' : 'cubic'] : [])]);
  const attributes = [
    stringAttribute('mode', mode), stringAttribute('padding_mode', chance.pick(['zeros', 'border', 'reflection'])), intAttribute('align_corners', corners),
  ];
  const places = chance.lengths(axes, 3);
  const toImage = mode === 'nearest' || mode === 'bicubic' || chance.happens(0.4);
  // Places along a single element change nothing where it is repeated: there a slope is rounding alone.
  const lengths = chance.lengths(axes, 4).map((length) => (toImage ? length : Math.max(length, 2)));
  const values = placesOn(lengths, corners === 1);
  const x = ['n', channels, ...chance.declared(lengths).map((length, axis) => (typeof length === 'string' ? length : lengths[axis]!))];
  if (toImage) {
    const count = places.reduce((product, length) => product * length, 2 * axes);
    // Away from halves, where the nearest element changes.
    const grid = makeTensor('grid', ElementType.DOUBLE, [2, ...places, axes], Float64Array.from({ length: count }, (_, i) => values(chance.number(0.2, 1.8), i)));
    return { operator: 'GridSample', opset, inputs: { x }, constants: [grid], attributes, linear: true };
  }
  const grid = ['n', ...chance.declared(places), axes];
  if (opset >= 20 && chance.happens(0.5)) return { operator: 'GridSample', opset, inputs: { x, grid }, attributes, values };
  return { operator: 'GridSample', opset, inputs: { grid }, constants: [chance.stored('x', [2, channels, ...lengths])], order: ['x', 'grid'], attributes, values };
}

export function affineGrid(chance: Chance): RuleCase {
  const axes = chance.integer(2, 3);
  const size = list('size', [2, chance.integer(1, 3), ...chance.lengths(axes, 4)]);
  return {
    operator: 'AffineGrid', opset: opsetFrom(chance, 20), inputs: { theta: ['n', axes, axes + 1] }, constants: [size], attributes: [intAttribute('align_corners', chance.integer(0, 1))],
    atRuntime: chance.happens(0.3) ? ['size'] : [], linear: true, single: true,
  };
}

export function roiAlign(chance: Chance): RuleCase {
  // ONNX Runtime 1.30 has no newer kernel.
  const opset = opsetFrom(chance, 11, 21);
  const count = chance.integer(1, 5);
  const shape = [2, chance.integer(1, 3), chance.integer(1, 6), chance.integer(1, 6)];
  const attributes = [
    intAttribute('output_height', chance.integer(1, 3)), intAttribute('output_width', chance.integer(1, 3)), intAttribute('sampling_ratio', chance.integer(0, 3)),
    ...(chance.happens(0.5) ? [floatAttribute('spatial_scale', chance.number(0.25, 2))] : []),
    ...(opset >= 16 && chance.happens(0.5) ? [stringAttribute('coordinate_transformation_mode', 'output_half_pixel')] : []),
  ];
  const rois = makeTensor('rois', ElementType.DOUBLE, [count, 4], Float64Array.from({ length: 4 * count }, (_, i) => chance.number(-2, i % 4 < 2 ? 4 : 9)));
  const images = table('images', [count], Array.from({ length: count }, () => chance.integer(0, 1)));
  return { operator: 'RoiAlign', opset, inputs: { x: chance.declared(shape) }, constants: [rois, images], attributes, atRuntime: chance.happens(0.3) ? ['rois'] : [], linear: true };
}

export function determinant(chance: Chance): RuleCase {
  const rows = chance.integer(1, 5);
  return { operator: 'Det', opset: opsetFrom(chance, 11), inputs: { x: [...chance.declared(chance.lengths(chance.integer(0, 2), 3)), rows, rows] }, single: true };
}

/** One factor in eight is 0. */
export function cumulativeProduct(chance: Chance): RuleCase {
  const lengths = chance.lengths(chance.integer(1, 3));
  return {
    operator: 'CumProd', opset: 26, inputs: { x: chance.declared(lengths) }, constants: [table('axis', [], [chance.integer(-lengths.length, lengths.length - 1)])],
    attributes: ['exclusive', 'reverse'].map((name) => intAttribute(name, chance.integer(0, 1))), values: (draw, i) => (i % 8 === 3 ? 0 : draw),
  };
}
