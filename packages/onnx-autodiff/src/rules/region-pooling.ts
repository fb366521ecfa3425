import { attributeFloat, attributeInt, attributeString, intAttribute, intsAttribute } from '@pellucid/onnx-graph';
import { knownShape, reduceSum, squeeze, unsqueeze, type Emitter } from '../engine/emitter.ts';
import type { GradientRule, RuleContext } from '../engine/gradient-rule.ts';
import { lengthOf, positionsAlong, scatterAlong } from './linear-maps.ts';

/** One side of the regions, each a list [regions]. */
interface Side {
  readonly start: string;
  readonly length: string;
}

/** Where the regions lie along an axis of x, in its elements. */
function sideOf({ emit, node, inputs: [, rois = ''] }: RuleContext, first: number): Side {
  const number = (value: number): string => emit.scalar(value, rois);
  const halfPixel = emit.opset >= 16 && attributeString(node, 'coordinate_transformation_mode', 'half_pixel') === 'half_pixel';
  const scaled = (at: number): string => {
    const corner = squeeze(emit, emit.op('Gather', [rois, emit.integers([at])], [intAttribute('axis', 1)]), [1]);
    const inside = emit.op('Mul', [corner, number(attributeFloat(node, 'spatial_scale', 1))]);
    return halfPixel ? emit.op('Sub', [inside, number(0.5)]) : inside;
  };
  const [start, end] = [scaled(first), scaled(first + 2)];
  const length = emit.op('Sub', [end, start]);
  return { start, length: halfPixel ? length : emit.op('Max', [length, number(1)]) };
}

/** How many places each region is sampled at per bin: a number, or a list [regions] with the largest of it. */
interface Samples {
  readonly count: string;
  /** 0, 1, 2, ... below the largest. */
  readonly places: string;
}

function samplesOf(emit: Emitter, length: string, bins: number, ratio: number): Samples {
  const range = (values: readonly number[]): string => emit.constant([values.length], values, length);
  if (ratio > 0) return { count: range([ratio]), places: range(Array.from({ length: ratio }, (_, i) => i)) };
  if (emit.opset < 11) return emit.fail('its regions decide how many places it reads', 'Export the model with opset 11 or later, or with a sampling ratio.');
  // As many as elements in a bin, which the regions decide when the model runs.
  const count = emit.op('Ceil', [emit.op('Div', [length, emit.scalar(bins, length)])]);
  const most = emit.op('Max', [emit.op('ReduceMax', [count], [intAttribute('keepdims', 0)]), emit.scalar(1, length)]);
  return { count, places: emit.op('Range', [emit.scalar(0, length), most, emit.scalar(1, length)]) };
}

/** [regions, bins, elements]: what each element along an axis of x gives to the mean of a bin, by linear interpolation at its places. */
function binWeights(context: RuleContext, axis: number, bins: number): string {
  const { emit, node, inputs: [x = '', rois = ''] } = context;
  const number = (value: number): string => emit.scalar(value, rois);
  const to = intAttribute('to', emit.typeOf(rois).elementType);
  const { start, length } = sideOf(context, axis === 3 ? 0 : 1);
  const { count, places } = samplesOf(emit, length, bins, attributeInt(node, 'sampling_ratio', 0));
  const spread = (list: string): string => unsqueeze(emit, list, [1, 2]);
  const bin = emit.constant([bins, 1], Array.from({ length: bins }, (_, i) => i), rois);
  const within = emit.op('Div', [emit.op('Add', [unsqueeze(emit, places, [0, 1]), number(0.5)]), spread(emit.op('Max', [count, number(1)]))]);
  const size = spread(emit.op('Div', [length, number(bins)]));
  // [regions, bins, places]
  const at = emit.op('Add', [spread(start), emit.op('Mul', [emit.op('Add', [bin, within]), size])]);
  const extent = emit.op('Cast', [lengthOf(emit, x, axis)], [to]);
  const clamped = emit.op('Min', [emit.op('Max', [at, number(0)]), emit.op('Sub', [extent, number(1)])]);
  const elements = emit.op('Cast', [positionsAlong(emit, x, axis)], [to]);
  const hat = emit.op('Relu', [emit.op('Sub', [number(1), emit.op('Abs', [emit.op('Sub', [unsqueeze(emit, clamped, [3]), elements])])])]);
  const outside = emit.op('Or', [emit.op('Greater', [at, extent]), emit.op('Less', [at, number(-1)])]);
  const used = emit.op('And', [emit.op('Not', [outside]), emit.op('Less', [unsqueeze(emit, places, [0, 1]), spread(count)])]);
  const weighed = emit.op('Mul', [hat, unsqueeze(emit, emit.op('Cast', [used], [to]), [3])]);
  return emit.op('Div', [reduceSum(emit, weighed, [2], false), spread(emit.op('Max', [count, number(1)]))]);
}

/**
 * The mean over the places of a bin is separable and linear in x (He et al. 2017, Mask R-CNN): along both axes it multiplies by a matrix per region, and
 * dx is the product with their transposes, summed over the regions of each image.
 */
export const roiAlign: GradientRule = (context) => {
  const { emit, node, dy, inputs: [x = '', , images = ''], wanted } = context;
  if (attributeString(node, 'mode', 'avg') !== 'avg') return emit.fail('it takes the maximum of weighed elements', 'The mode `avg` has a rule.');
  if (wanted[0] !== true) return [null, null, null];
  const rank = knownShape(emit, x).length;
  if (rank !== 4) return emit.fail('its first input is no batch of images');
  const rows = unsqueeze(emit, binWeights(context, 2, attributeInt(node, 'output_height', 1)), [1]);
  const columns = unsqueeze(emit, binWeights(context, 3, attributeInt(node, 'output_width', 1)), [1]);
  const turned = emit.op('Transpose', [rows], [intsAttribute('perm', [0, 1, 3, 2])]);
  return [scatterAlong(emit, emit.op('MatMul', [emit.op('MatMul', [turned, dy]), columns]), x, 0, images), null, null];
};
