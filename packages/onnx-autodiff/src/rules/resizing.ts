import { attributeInts, attributeString, concreteShape, floatAttribute, hasAttribute, intAttribute, intsAttribute, ElementType, type AttributeProto } from '@pellucid/onnx-graph';
import { knownShape, sliceAxes, squeeze, type Emitter } from '../engine/emitter.ts';
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

/** How the node itself answers one-hot images along one axis: its rows are what each position gives to the outputs. */
function response(context: RuleContext, { axis, listed }: ResizedAxis): string {
  const { emit, node, opset, inputs } = context;
  const [x = ''] = inputs;
  const rank = knownShape(emit, x).length;
  const images = impulses(emit, x, axis);
  const other = axis === 0 ? 1 : 0;
  const kept: AttributeProto[] = node.attribute.filter(({ name }) => name !== 'axes' && name !== 'scales' && name !== 'extrapolation_value');
  if (hasAttribute(node, 'extrapolation_value')) kept.push(floatAttribute('extrapolation_value', 0));
  const scales = scaleAttribute(context);
  if (scales) {
    const own = Array.from({ length: rank }, (_, i) => (i === axis ? scales[axis]! : 1));
    const list = node.attribute.find(({ name }) => name === 'scales');
    return emit.op(node.opType, [images], list ? [...kept, { ...list, floats: own }] : kept);
  }
  const [scalesInput = '', sizes = ''] = opset >= 11 ? inputs.slice(2) : inputs.slice(1);
  const one = floats(emit, [1]);
  if (opset < 11) return emit.op(node.opType, [images, listWith(emit, part(emit, scalesInput, listed), axis, rank, () => one)], kept);
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
  const factors = usesSizes ? '' : listWith(emit, part(emit, scalesInput, listed), axis, rank, () => one);
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
  const { emit, node, dy, inputs } = context;
  const [x = ''] = inputs;
  if (attributeString(node, 'keep_aspect_ratio_policy', 'stretch') !== 'stretch') return emit.fail('it keeps the aspect ratio, which ties its axes to each other', 'Export the model with scales.');
  if (knownShape(emit, x).length < 2) return emit.fail('it resizes a tensor of a single axis', 'Add an axis of length 1 before it.');
  let dx = dy;
  for (const resized of resizedAxes(context)) {
    dx = multiplyAlong(emit, asMatrix(emit, response(context, resized), resized.axis), dx, resized.axis);
  }
  const result = dx;
  return inputs.map((_, i) => (i === 0 ? result : null));
};
