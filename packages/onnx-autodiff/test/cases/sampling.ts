import { ElementType, floatAttribute, int64Tensor as list, intAttribute as int, makeTensor, stringAttribute as text, type AttributeProto, type Dimension, type TensorProto } from '@pellucid/onnx-graph';
import type { RuleCase } from '../check-rule.ts';

/** Positions in an image and beyond it, halfway between elements: at these are kinks. */
const POSITIONS = [-1.5, 0.5, 1.5, 2.5, 0.5, -0.5, 4.5, 1.5, -3.5, 6.5];
/** Places of these positions on axes of such lengths, the last axis first, a little apart. */
export const placesOn = (lengths: readonly number[], corners: boolean) => (draw: number, i: number): number => {
  const length = lengths[lengths.length - 1 - (i % lengths.length)]!;
  const position = POSITIONS[i % POSITIONS.length]! + Math.max(-0.2, Math.min(0.2, draw / 10));
  return corners ? (2 * position) / Math.max(length - 1, 1) - 1 : (2 * position + 1) / length - 1;
};
const stored = (name: string, shape: readonly number[], value: (i: number) => number, elementType: typeof ElementType.FLOAT | typeof ElementType.DOUBLE): TensorProto =>
  makeTensor(name, elementType, shape, Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => value(i)));

const PADDINGS = ['zeros', 'border', 'reflection'];
const CORNERS = [0, 1];
const modes = (opset: number, axes: number): readonly string[] =>
  [...(opset < 20 ? ['bilinear', 'nearest'] : ['linear', 'nearest']), ...(axes === 2 ? [opset < 20 ? 'bicubic' : 'cubic'] : [])];

const known = (shape: readonly Dimension[]): number[] => shape.map((length) => (typeof length === 'number' ? length : 2));

/** To the image, and to the grid. The runtime has double precision from opset 20 on. */
function sampled(opset: number, x: readonly Dimension[], places: readonly number[]): RuleCase[] {
  const axes = x.length - 2;
  const single = opset < 20;
  const elementType = single ? ElementType.FLOAT : ElementType.DOUBLE;
  return modes(opset, axes).flatMap((mode) => PADDINGS.flatMap((padding) => CORNERS.flatMap((corners): RuleCase[] => {
    const attributes = [text('mode', mode), text('padding_mode', padding), int('align_corners', corners)];
    const values = placesOn(known(x).slice(2), corners === 1);
    const common = { operator: 'GridSample', opset, attributes, single };
    // Away from halves too, where the nearest element changes.
    const toImage: RuleCase = { ...common, inputs: { x }, constants: [stored('grid', [2, ...places, axes], (i) => values(Math.sin(i) + 1.1, i), elementType)], linear: true };
    // Cubic kernels bend too much for a step in single precision.
    if (mode === 'nearest' || mode === 'bicubic') return [toImage];
    return [toImage, { ...common, inputs: { grid: ['n', ...places, axes] }, constants: [stored('x', known(x), (i) => Math.sin(i * i + 1), elementType)], order: ['x', 'grid'], values }];
  })));
}

const grids: readonly RuleCase[] = [
  // Short axes, so that a step in single precision stays short.
  ...sampled(16, ['n', 3, 2, 3], [3, 2]), ...sampled(20, ['n', 3, 4, 5], [3, 2]), ...sampled(20, ['n', 2, 3, 4, 3], [2, 1, 3]),
  // One element along an axis, free lengths, both operands at once.
  ...PADDINGS.map((padding): RuleCase => ({
    operator: 'GridSample', opset: 20, inputs: { x: ['n', 2, 1, 4] }, constants: [stored('grid', [2, 3, 2, 2], (i) => placesOn([1, 4], true)(0, i), ElementType.DOUBLE)],
    attributes: [text('padding_mode', padding), int('align_corners', 1)], linear: true,
  })),
  ...PADDINGS.map((padding): RuleCase => ({
    operator: 'GridSample', opset: 20, inputs: { x: ['n', 'c3', 'h', 'w'], grid: ['n', 'p2', 'q3', 2] }, attributes: [text('padding_mode', padding)], values: placesOn([3, 4], false),
  })),
];

const affine: readonly RuleCase[] = CORNERS.flatMap((corners) => [
  { operator: 'AffineGrid', opset: 20, inputs: { theta: ['n', 2, 3] }, constants: [list('size', [2, 3, 4, 5])], attributes: [int('align_corners', corners)], single: true, linear: true },
  { operator: 'AffineGrid', opset: 20, inputs: { theta: ['n', 3, 4] }, constants: [list('size', [2, 3, 2, 4, 3])], attributes: [int('align_corners', corners)], atRuntime: ['size'], single: true, linear: true },
  { operator: 'AffineGrid', opset: 20, inputs: { theta: ['n', 2, 3] }, constants: [list('size', [2, 3, 1, 1])], attributes: [int('align_corners', corners)], single: true, linear: true },
]);

/** In the middle, over the borders, outside, of no size, and inside out. */
const ROIS = [0.3, 0.4, 4.7, 3.2, -3, -2, 9, 8, 20, 20, 30, 30, 2, 2, 2, 2, 4, 4, 1, 1, 1.1, 0.2, 3.9, 5.3];
const rois = stored('rois', [6, 4], (i) => ROIS[i]!, ElementType.FLOAT);
const images = makeTensor('images', ElementType.INT64, [6], [0, 1, 0, 1, 1, 0]);
const region = (opset: number, ...attributes: AttributeProto[]): RuleCase =>
  ({ operator: 'RoiAlign', opset, inputs: { x: [opset < 11 ? 2 : 'n', 2, 6, 7] }, constants: [rois, images], attributes, single: true, linear: true });
const regions: readonly RuleCase[] = [
  ...[0, 1, 2, 3].flatMap((ratio) => [10, 11, 16, 21].filter((opset) => opset >= 11 || ratio > 0).flatMap((opset) => [
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

/** Factors of 0 too: one, and two. */
const factors = (_: number, i: number): number => [1.5, -0.5, 0, 2, 0.25, -1, 3, 0, 0, 1, 2, -2][i % 12]!;
const cumulativeProducts: readonly RuleCase[] = [0, 1].flatMap((exclusive) => [0, 1].flatMap((reverse) => [0, 1, -1].map((axis): RuleCase => ({
  operator: 'CumProd', opset: 26, inputs: { x: ['n', 3, 2] }, constants: [makeTensor('axis', ElementType.INT64, [], [axis])], attributes: [int('exclusive', exclusive), int('reverse', reverse)], values: factors,
}))));

/** What samples images at places, determinants and running products. */
export const sampling: readonly RuleCase[] = [...grids, ...affine, ...regions, ...determinants, ...cumulativeProducts];
