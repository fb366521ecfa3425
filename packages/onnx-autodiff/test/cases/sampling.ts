import { ElementType, floatAttribute, int64Tensor as list, intAttribute as int, makeTensor, stringAttribute as text, type AttributeProto, type Dimension, type TensorProto } from '@pellucid/onnx-graph';
import type { RuleCase } from '../check-rule.ts';

/** Places all over an image and beyond it, none of them within a step of a border between elements: those are kinks. */
const PLACES = [-1.37, -0.71, -0.23, 0.09, 0.41, 0.87, 1.21, 1.83, -2.11, 0.61];
const placed = (draw: number, i: number): number => PLACES[i % PLACES.length]! + draw / 1000;
const stored = (name: string, shape: readonly number[], value: (i: number) => number): TensorProto =>
  makeTensor(name, ElementType.FLOAT, shape, Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => value(i)));

const PADDINGS = ['zeros', 'border', 'reflection'];
const CORNERS = [0, 1];
const modes = (opset: number, axes: number): readonly string[] =>
  [...(opset < 20 ? ['bilinear', 'nearest'] : ['linear', 'nearest']), ...(axes === 2 ? [opset < 20 ? 'bicubic' : 'cubic'] : [])];

/** Differences to the image by any step; to the grid, where nothing bends near, by a short one. */
function sampled(opset: number, x: readonly Dimension[], places: readonly number[]): RuleCase[] {
  const axes = x.length - 2;
  return modes(opset, axes).flatMap((mode) => PADDINGS.flatMap((padding) => CORNERS.flatMap((corners): RuleCase[] => {
    const attributes = [text('mode', mode), text('padding_mode', padding), int('align_corners', corners)];
    const grid = [2, ...places, axes];
    const common = { operator: 'GridSample', opset, attributes };
    const toImage: RuleCase = { ...common, inputs: { x }, constants: [stored('grid', grid, (i) => placed(0, i))], single: true, linear: true };
    if (mode === 'nearest') return [toImage];
    return [toImage, { ...common, inputs: { grid: ['n', ...places, axes] }, constants: [stored('x', x.map((length) => (typeof length === 'number' ? length : 2)), (i) => Math.sin(i * i + 1))], order: ['x', 'grid'], values: placed }];
  })));
}

const grids: readonly RuleCase[] = [
  ...[16, 20].flatMap((opset) => sampled(opset, ['n', 3, 4, 5], [3, 2])),
  ...sampled(20, ['n', 2, 3, 4, 3], [2, 1, 3]),
  // One element along an axis, free lengths, both operands at once.
  ...PADDINGS.map((padding): RuleCase => ({ operator: 'GridSample', opset: 20, inputs: { x: ['n', 2, 1, 4] }, constants: [stored('grid', [2, 3, 2, 2], (i) => placed(0, i))], attributes: [text('padding_mode', padding), int('align_corners', 1)], single: true, linear: true })),
  ...PADDINGS.map((padding): RuleCase => ({ operator: 'GridSample', opset: 20, inputs: { x: ['n', 'c3', 'h', 'w'], grid: ['n', 'p2', 'q3', 2] }, attributes: [text('padding_mode', padding)], values: placed })),
];

const affine: readonly RuleCase[] = CORNERS.flatMap((corners) => [
  { operator: 'AffineGrid', opset: 20, inputs: { theta: ['n', 2, 3] }, constants: [list('size', [2, 3, 4, 5])], attributes: [int('align_corners', corners)], single: true, linear: true },
  { operator: 'AffineGrid', opset: 20, inputs: { theta: ['n', 3, 4] }, constants: [list('size', [2, 3, 2, 4, 3])], attributes: [int('align_corners', corners)], atRuntime: ['size'], single: true, linear: true },
  { operator: 'AffineGrid', opset: 20, inputs: { theta: ['n', 2, 3] }, constants: [list('size', [2, 3, 1, 1])], attributes: [int('align_corners', corners)], single: true, linear: true },
]);

/** In the middle, over the borders, outside, of no size, and inside out. */
const ROIS = [0.3, 0.4, 4.7, 3.2, -3, -2, 9, 8, 20, 20, 30, 30, 2, 2, 2, 2, 4, 4, 1, 1, 1.1, 0.2, 3.9, 5.3];
const rois = stored('rois', [6, 4], (i) => ROIS[i]!);
const images = makeTensor('images', ElementType.INT64, [6], [0, 1, 0, 1, 1, 0]);
const region = (opset: number, ...attributes: AttributeProto[]): RuleCase =>
  ({ operator: 'RoiAlign', opset, inputs: { x: ['n', 2, 6, 7] }, constants: [rois, images], attributes, single: true, linear: true });
const regions: readonly RuleCase[] = [
  ...[0, 1, 2, 3].flatMap((ratio) => [10, 16, 22].filter((opset) => opset >= 11 || ratio > 0).flatMap((opset) => [
    region(opset, int('output_height', 2), int('output_width', 3), int('sampling_ratio', ratio)),
    region(opset, int('output_height', 3), int('output_width', 1), int('sampling_ratio', ratio), floatAttribute('spatial_scale', 0.5), ...(opset < 16 ? [] : [text('coordinate_transformation_mode', 'output_half_pixel')])),
  ])),
  { ...region(16, int('output_height', 2), int('output_width', 2)), inputs: { x: ['n', 'c2', 'h', 'w'] } },
  { ...region(16, int('output_height', 2), int('output_width', 2), int('sampling_ratio', 2)), atRuntime: ['rois', 'images'] },
  region(16),
];

const determinants: readonly RuleCase[] = [1, 2, 3, 4].map((rows): RuleCase => ({ operator: 'Det', inputs: { x: ['n', rows, rows] }, single: true }))
  .concat([
    { operator: 'Det', opset: 22, inputs: { x: [2, 'k', 3, 3].map((length) => (length === 'k' ? 3 : length)) }, single: true },
    { operator: 'Det', inputs: { x: [3, 3] }, single: true },
    // Of rank n - 1: the inverse that textbooks use is not there, and the slope is.
    { operator: 'Det', inputs: { x: [3, 3] }, single: true, values: (_, i) => [1, 2, 3, 2, 4, 6, 1, 0, 1][i]! },
  ]);

/** What samples images at places, and determinants. */
export const sampling: readonly RuleCase[] = [...grids, ...affine, ...regions, ...determinants];
