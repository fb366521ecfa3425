import { attributeInts, attributeString, concreteShape, floatAttribute, hasAttribute, intAttribute, intsAttribute, ElementType, type AttributeProto } from '@pellucid/onnx-graph';
import { knownShape, runtimeShape, sliceAxes, squeeze, type Emitter } from '../engine/emitter.ts';
import type { GradientRule, RuleContext } from '../engine/gradient-rule.ts';
import { lengthOf, multiplyAlong } from './linear-maps.ts';

/** One axis that a Resize changes. */
interface ResizedAxis {
  readonly axis: number;
  /** Among the axes that the node lists: the position of its scale, size and region. */
  readonly listed: number;
}

/** One-hot images of each position along an axis: [L, 1, ..., L, ..., 1], or [1, L] images in channels where the axis itself comes first. */
function impulses(emit: Emitter, x: string, axis: number): string {
  const rank = knownShape(emit, x).length;
  const length = knownShape(emit, x)[axis];
  const lengths = Array.from({ length: rank }, (_, i) => (i === axis || i === (axis === 0 ? 1 : 0) ? -1 : 1));
  if (typeof length === 'number') {
    const identity = Array.from({ length: length ** 2 }, (_, i) => (i % (length + 1) === 0 ? 1 : 0));
    return emit.constant(lengths.map((one) => (one === -1 ? length : 1)), identity, x);
  }
  if (emit.opset < 9) return emit.fail('the lengths of its input are not known', 'Export the model with known shapes.');
  const own = lengthOf(emit, x, axis);
  const pair = emit.op('Concat', [own, own], [intAttribute('axis', 0)]);
  const identity = emit.op('EyeLike', [emit.op('ConstantOfShape', [pair])], [intAttribute('dtype', emit.typeOf(x).elementType)]);
  const shape = emit.op('Concat', lengths.map((one) => (one === -1 ? own : emit.integers([1]))), [intAttribute('axis', 0)]);
  return emit.op('Reshape', [identity, shape]);
}

const part = (emit: Emitter, list: string, at: number): string => sliceAxes(emit, list, [0], [at], [at + 1]);

/** A list that is `neutral` for every axis but the resized one. */
function listWith(emit: Emitter, value: string, axis: number, rank: number, neutral: (axis: number) => string): string {
  return emit.op('Concat', Array.from({ length: rank }, (_, i) => (i === axis ? value : neutral(i))), [intAttribute('axis', 0)]);
}

const floats = (emit: Emitter, values: readonly number[]): string =>
  emit.op('Cast', [emit.integers(values)], [intAttribute('to', ElementType.FLOAT)]);

/** The scale of one axis before opset 10, an attribute of Upsample 7. */
function scaleAttribute({ node }: RuleContext): readonly number[] | null {
  return node.attribute.find(({ name }) => name === 'scales')?.floats ?? null;
}

/**
 * The runtime copies images of which no length changes, whatever the scales are. Where the length of the resized axis may stay while that of another axis
 * changes, the one-hot images are doubled along one more axis, so that they are resized too.
 */
interface Forcing {
  /** The axis to double. */
  readonly axis: number;
  /** Whether the network's own resize is a copy: a truth value where only the run can tell, `null` where it is none. */
  readonly copies: string | null;
}

function forcingOf(context: RuleContext, { axis, listed }: ResizedAxis): Forcing | null {
  const { emit, opset, inputs, outputs: [y = ''] } = context;
  const [x = ''] = inputs;
  const [from, to] = [knownShape(emit, x), emit.typeOf(y).shape];
  const scale = scaleAttribute(context)?.[axis] ?? emit.typeOf(inputs[opset >= 11 ? 2 : 1] ?? '').values?.[listed];
  const bySizes = opset >= 11 && (inputs[3] ?? '') !== '';
  // A factor below 1 shortens every axis, one from 2 on lengthens it.
  if (bySizes || from.length < 4 || (typeof scale === 'number' && (scale < 1 || scale >= 2))) return null;
  const helper = axis === 2 ? 3 : 2;
  const [before, after] = [concreteShape(from), concreteShape(to)];
  if (before && after) return before[axis] === after[axis] && before.some((length, i) => length !== after[i]) ? { axis: helper, copies: null } : null;
  if (opset < 9) return emit.fail('the lengths of its input are not known', 'Export the model with known shapes.');
  const equal = emit.op('Cast', [emit.op('Equal', [runtimeShape(emit, x), runtimeShape(emit, y)])], [intAttribute('to', ElementType.FLOAT)]);
  const all = opset >= 18 ? emit.op('ReduceMin', [equal], [intAttribute('keepdims', 1)]) : emit.op('ReduceMin', [equal], [intsAttribute('axes', [0])]);
  return { axis: helper, copies: emit.op('Cast', [all], [intAttribute('to', ElementType.BOOL)]) };
}

/** Whether one scale holds for all axes: only with `sizes`, which `scales` do not need. */
const keepsAspect = ({ node, inputs }: RuleContext): boolean =>
  (inputs[3] ?? '') !== '' && attributeString(node, 'keep_aspect_ratio_policy', 'stretch') !== 'stretch';

/** One-hot images that keep the lengths of the other axes, which the scale depends on; as they are constant along these, one position tells all. */
function answerInAspect(context: RuleContext, { axis }: ResizedAxis): string {
  const { emit, node, inputs } = context;
  const [x = ''] = inputs;
  const axes = listedAxes(context);
  if (axes.some((other) => other < 2)) return emit.fail('it keeps the aspect ratio of batch or channels too', 'Export the model with `axes` of space alone.');
  const lengths = knownShape(emit, x).map((_, i) => (i === 0 || i === axis ? lengthOf(emit, x, axis) : axes.includes(i) ? lengthOf(emit, x, i) : emit.integers([1])));
  const images = emit.op('Expand', [impulses(emit, x, axis), emit.op('Concat', lengths, [intAttribute('axis', 0)])]);
  const answered = emit.op('Resize', [images, '', '', inputs[3] ?? ''], node.attribute);
  const others = axes.filter((other) => other !== axis);
  return others.length === 0 ? answered : sliceAxes(emit, answered, others, others.map(() => 0), others.map(() => 1));
}

/** How the node itself answers one-hot images along one axis: its rows are what each position gives to the outputs. */
function response(context: RuleContext, resized: ResizedAxis): string {
  if (keepsAspect(context)) return answerInAspect(context, resized);
  const forcing = forcingOf(context, resized);
  const answered = answer(context, resized, forcing);
  return forcing === null ? answered : sliceAxes(context.emit, answered, [forcing.axis], [0], [1]);
}

function answer(context: RuleContext, { axis, listed }: ResizedAxis, forcing: Forcing | null): string {
  const { emit, node, opset, inputs } = context;
  const [x = ''] = inputs;
  const rank = knownShape(emit, x).length;
  const images = impulses(emit, x, axis);
  const other = axis === 0 ? 1 : 0;
  const kept: AttributeProto[] = node.attribute.filter(({ name }) => name !== 'axes' && name !== 'scales' && name !== 'extrapolation_value');
  if (hasAttribute(node, 'extrapolation_value')) kept.push(floatAttribute('extrapolation_value', 0));
  const scales = scaleAttribute(context);
  if (scales) {
    const own = Array.from({ length: rank }, (_, i) => (i === axis ? scales[axis]! : i === forcing?.axis ? 2 : 1));
    const list = node.attribute.find(({ name }) => name === 'scales');
    return emit.op(node.opType, [images], list ? [...kept, { ...list, floats: own }] : kept);
  }
  const [scalesInput = '', sizes = ''] = opset >= 11 ? inputs.slice(2) : inputs.slice(1);
  const one = floats(emit, [1]);
  const factorsAround = (): string => {
    const factor = part(emit, scalesInput, listed);
    const own = typeof forcing?.copies === 'string' ? emit.op('Where', [forcing.copies, one, factor]) : factor;
    return listWith(emit, own, axis, rank, (i) => (i === forcing?.axis ? floats(emit, [2]) : one));
  };
  if (opset < 11) return emit.op(node.opType, [images, factorsAround()], kept);
  const region = inputs[1] ?? '';
  const crops = attributeString(node, 'coordinate_transformation_mode', 'half_pixel') === 'tf_crop_and_resize' && region !== '';
  const count = listedAxes(context).length;
  const regions = (): string => {
    const like = floats(emit, [0]);
    const to = emit.typeOf(region).elementType;
    const typed = (value: string): string => (to === Number(ElementType.FLOAT) ? value : emit.op('Cast', [value], [intAttribute('to', to)]));
    const starts = listWith(emit, part(emit, region, listed), axis, rank, () => typed(like));
    return emit.op('Concat', [starts, listWith(emit, part(emit, region, listed + count), axis, rank, () => typed(one))], [intAttribute('axis', 0)]);
  };
  const usesSizes = sizes !== '';
  const lengths = usesSizes
    ? listWith(emit, part(emit, sizes, listed), axis, rank, (i) => (i === other ? lengthOf(emit, x, axis) : emit.integers([1])))
    : '';
  const factors = usesSizes ? '' : factorsAround();
  // Before opset 13 neither input may be left out by name alone.
  const empty = emit.opset >= 13 ? '' : emit.constant([0], [], x);
  return emit.op('Resize', [images, crops ? regions() : empty, usesSizes ? empty : factors, ...(usesSizes ? [lengths] : [])], kept);
}

function listedAxes({ emit, node, inputs: [x = ''] }: RuleContext): readonly number[] {
  const { length } = knownShape(emit, x);
  return attributeInts(node, 'axes', Array.from({ length }, (_, axis) => axis)).map((axis) => (axis < 0 ? axis + length : axis));
}

/** The axes that change, as far as that is known. */
function resizedAxes(context: RuleContext): readonly ResizedAxis[] {
  const { emit, opset, inputs, outputs: [y = ''] } = context;
  const from = knownShape(emit, inputs[0] ?? '');
  const to = emit.typeOf(y).shape;
  const scales = scaleAttribute(context) ?? concreteShape(emit.typeOf(inputs[opset >= 11 ? 2 : 1] ?? '').values);
  return listedAxes(context).map((axis, listed): ResizedAxis => ({ axis, listed }))
    .filter(({ axis, listed }) => {
      const crops = attributeString(context.node, 'coordinate_transformation_mode', 'half_pixel') === 'tf_crop_and_resize';
      if (keepsAspect(context)) return true;
      if (scales?.length) return scales[listed] !== 1 || crops;
      return crops || from[axis] === null || to?.[axis] !== from[axis];
    });
}

/** [L, 1, ..., K, ...] as the matrix [L, K]; where the resized axis is the first, it is [K, L]. */
function asMatrix(emit: Emitter, answered: string, axis: number): string {
  const dropped = [...knownShape(emit, answered).keys()].filter((i) => i !== axis && i !== (axis === 0 ? 1 : 0));
  const matrix = squeeze(emit, answered, dropped);
  return axis === 0 ? emit.op('Transpose', [matrix], [intsAttribute('perm', [1, 0])]) : matrix;
}

/**
 * Every mode of Resize is linear in x and separable: along each axis it multiplies by a matrix. The node itself makes that matrix, from one-hot images,
 * so that all coordinate transformations, roundings and kernels are exactly the runtime's; the gradient is the product with its transpose.
 */
export const resize: GradientRule = (context) => {
  const { emit, dy, inputs } = context;
  const [x = ''] = inputs;
  if (knownShape(emit, x).length < 2) return emit.fail('it resizes a tensor of a single axis', 'Add an axis of length 1 before it.');
  let dx = dy;
  for (const resized of resizedAxes(context)) {
    dx = multiplyAlong(emit, asMatrix(emit, response(context, resized), resized.axis), dx, resized.axis);
  }
  const result = dx;
  return inputs.map((_, i) => (i === 0 ? result : null));
};
