import {
  attributeTensor, concreteShape, ElementType, graphInputs, inferNode, int64Tensor, intAttribute, intsAttribute, makeNode, makeTensor, opsetOf, tensorProducers, tensorReaders,
  uniqueNames,
  type AttributeProto, type Dimension, type NodeProto, type OnnxModel, type TensorProto, type TensorType, type WritableElementType,
} from '@pellucid/onnx-graph';
import type { Optimization } from '../passes/optimizations.ts';

/** Appends backward nodes to a model, in the form that the model's operator set asks for. */
export interface Emitter {
  readonly opset: number;
  /** Length of the batch axis, the first of the first graph input. */
  readonly batch: Dimension;
  /** Whether gradients pass rounding as if it were not there. */
  readonly straightThrough: boolean;
  /** Whether a way to compute the same faster is to be taken. */
  readonly uses: (optimization: Optimization) => boolean;
  /** The node of the forward pass that makes a tensor. */
  readonly producer: (name: string) => NodeProto | undefined;
  /** The appended node that makes a tensor. */
  readonly appended: (name: string) => NodeProto | undefined;
  /** The only node of the forward pass that reads a tensor; none where there are several, or a gradient is asked for there. */
  readonly onlyReader: (name: string) => NodeProto | undefined;
  /** Appends a node and names its output. */
  readonly op: (operator: string, inputs: readonly string[], attributes?: readonly AttributeProto[]) => string;
  /** Appends a node with several outputs and names them. */
  readonly opMany: (operator: string, inputs: readonly string[], count: number, attributes?: readonly AttributeProto[]) => readonly string[];
  /** States the type of a tensor that was appended, where more is known than shape inference can tell. */
  readonly declare: (name: string, type: TensorType) => void;
  /** A scalar of the element type of a tensor. */
  readonly scalar: (value: number, like: string) => string;
  /** A constant of the element type of a tensor. */
  readonly constant: (shape: readonly number[], values: ArrayLike<number>, like: string) => string;
  /** A list of integers. */
  readonly integers: (values: readonly number[]) => string;
  /** What is known of a tensor, forward or backward. */
  readonly typeOf: (name: string) => TensorType;
  /** The stored tensor of this name, also from a Constant node. */
  readonly stored: (name: string) => TensorProto | null;
  /** The halves of tensors that hold samples and then their baselines, and what halves were cut from. */
  readonly halves: Map<string, readonly [here: string, there: string]>;
  readonly wholes: Map<string, string>;
  /** Computes a value once per key. */
  readonly once: (key: string, make: () => string) => string;
  /** Ends with GRADIENT_UNDEFINED. */
  readonly fail: (reason: string, help?: string) => never;
}

/** The emitter with what it appended so far. */
export interface EmitterState extends Emitter {
  readonly nodes: NodeProto[];
  readonly initializers: TensorProto[];
}

const WRITABLE: readonly number[] = [ElementType.FLOAT, ElementType.DOUBLE, ElementType.FLOAT16];

/** How backward nodes are chosen. */
export interface EmitterSettings {
  readonly straightThrough: boolean;
  readonly optimizations: ReadonlySet<Optimization>;
  /** Tensors whose gradients are asked for. */
  readonly asked: ReadonlySet<string>;
}

/** Nothing but the true derivative in its plain form. */
const PLAIN: EmitterSettings = { straightThrough: false, optimizations: new Set(), asked: new Set() };

/** An emitter for a model whose tensor types are known. `fail` states the place. */
export function createEmitter(
  model: OnnxModel, known: ReadonlyMap<string, TensorType>, fail: Emitter['fail'], { straightThrough, optimizations, asked }: EmitterSettings = PLAIN,
): EmitterState {
  const opset = opsetOf(model);
  const [input] = graphInputs(model);
  const batch = (input && known.get(input.name)?.shape?.[0]) ?? null;
  const types = new Map(known);
  const unique = uniqueNames(model);
  const nodes: NodeProto[] = [];
  const initializers: TensorProto[] = [];
  const cache = new Map<string, string>();
  const storedTensors = new Map(model.graph.initializer.map((tensor) => [tensor.name, tensor]));
  const producers = tensorProducers(model);
  const readers = tensorReaders(model);

  const once: Emitter['once'] = (key, make) => {
    const found = cache.get(key);
    if (found !== undefined) return found;
    const made = make();
    cache.set(key, made);
    return made;
  };
  const store = (tensor: TensorProto): string => {
    initializers.push(tensor);
    storedTensors.set(tensor.name, tensor);
    const values = concreteShape(tensor.dims.map(Number)) ?? [];
    types.set(tensor.name, { elementType: tensor.dataType, shape: values });
    return tensor.name;
  };
  const floatType = (like: string): WritableElementType => {
    const elementType = types.get(like)?.elementType ?? 0;
    if (!WRITABLE.includes(elementType)) return fail(`the element type of \`${like}\` is not a float that the gradient can be computed in`);
    return elementType as WritableElementType;
  };
  const opMany: Emitter['opMany'] = (operator, inputs, count, attributes = []) => {
    const outputs = Array.from({ length: count }, () => unique(`gradient/${operator}`));
    const node = makeNode(operator, inputs, outputs, attributes);
    nodes.push(node);
    const inferred = inferNode(node, opset, types);
    for (const [i, output] of outputs.entries()) types.set(output, inferred[i] ?? { elementType: 0, shape: null });
    return outputs;
  };
  return {
    opset, batch, straightThrough, nodes, initializers, once, fail, opMany, halves: new Map(), wholes: new Map(),
    uses: (optimization) => optimizations.has(optimization),
    producer: (name) => producers.get(name),
    appended: (name) => nodes.findLast(({ output }) => output.includes(name)),
    onlyReader: (name) => (readers.get(name)?.length === 1 && !asked.has(name) ? readers.get(name)?.[0] : undefined),
    op: (operator, inputs, attributes = []) => opMany(operator, inputs, 1, attributes)[0]!,
    declare: (name, type) => types.set(name, type),
    scalar(value, like) {
      const elementType = floatType(like);
      return once(`scalar ${elementType} ${value}`, () => {
        const name = store(makeTensor(unique('gradient/scalar'), elementType, [], [value]));
        types.set(name, { elementType, shape: [], values: [value] });
        return name;
      });
    },
    constant: (shape, values, like) => store(makeTensor(unique('gradient/constant'), floatType(like), shape, values)),
    integers(values) {
      return once(`integers ${values.join(' ')}`, () => {
        const name = store(int64Tensor(unique('gradient/integers'), values));
        types.set(name, { elementType: ElementType.INT64, shape: [values.length], values });
        return name;
      });
    },
    typeOf: (name) => types.get(name) ?? { elementType: 0, shape: null },
    stored(name) {
      const node = producers.get(name);
      return storedTensors.get(name) ?? (node?.opType === 'Constant' ? (attributeTensor(node, 'value') ?? null) : null);
    },
  };
}

/** The shape of a tensor, or the end of the differentiation. */
export function knownShape(emit: Emitter, name: string): readonly Dimension[] {
  return emit.typeOf(name).shape ?? emit.fail(`the number of axes of \`${name}\` is not known`, 'Run shape inference when exporting the model.');
}

/** The runtime shape of a tensor, as int64. */
export function runtimeShape(emit: Emitter, name: string): string {
  return emit.once(`shape of ${name}`, () => emit.op('Shape', [name]));
}

/** dy in the shape of x; nothing is stated about free axes but where they are. */
export function reshapeLike(emit: Emitter, dy: string, x: string): string {
  const { shape } = emit.typeOf(x);
  const from = emit.typeOf(dy).shape;
  if (!shape) return emit.op('Reshape', [dy, runtimeShape(emit, x)]);
  if (from?.length === shape.length && shape.every((length, axis) => length !== null && length === from[axis])) return dy;
  // 0 keeps the length that dy has at the same position; one other free axis may be what remains.
  const kept = shape.map((length, axis) => (typeof length === 'number' ? length : length !== null && from?.[axis] === length ? 0 : -1));
  if (shape.includes(0) || kept.filter((length) => length === -1).length > 1) return emit.op('Reshape', [dy, runtimeShape(emit, x)]);
  return emit.op('Reshape', [dy, emit.integers(kept)]);
}

/** dy, with axes of length 1 at the given ones, spread over the lengths that x has there. */
export function expandAxes(emit: Emitter, dy: string, x: string, axes: readonly number[]): string {
  const shape = knownShape(emit, x);
  if (emit.opset < 8) return emit.op('Add', [dy, emit.op('Sub', [x, x])]);
  const target = shape.map((length, axis) => (axes.includes(axis) ? length : 1));
  const lengths = concreteShape(target);
  return emit.op('Expand', [dy, lengths ? emit.integers(lengths) : runtimeShape(emit, x)]);
}

/** Sum over axes, which stay as length 1 or go. */
export function reduceSum(emit: Emitter, x: string, axes: readonly number[], keepdims: boolean): string {
  const keep = intAttribute('keepdims', keepdims ? 1 : 0);
  return emit.opset >= 13
    ? emit.op('ReduceSum', [x, emit.integers(axes)], [keep])
    : emit.op('ReduceSum', [x], [intsAttribute('axes', axes), keep]);
}

/** Mean over axes, which stay as length 1. */
export function reduceMean(emit: Emitter, x: string, axes: readonly number[]): string {
  return emit.opset >= 18 ? emit.op('ReduceMean', [x, emit.integers(axes)]) : emit.op('ReduceMean', [x], [intsAttribute('axes', axes)]);
}

/** Inserts axes of length 1. */
export function unsqueeze(emit: Emitter, x: string, axes: readonly number[]): string {
  if (axes.length === 0) return x;
  return emit.opset >= 13 ? emit.op('Unsqueeze', [x, emit.integers(axes)]) : emit.op('Unsqueeze', [x], [intsAttribute('axes', axes)]);
}

/** Removes axes of length 1. */
export function squeeze(emit: Emitter, x: string, axes: readonly number[]): string {
  if (axes.length === 0) return x;
  return emit.opset >= 13 ? emit.op('Squeeze', [x, emit.integers(axes)]) : emit.op('Squeeze', [x], [intsAttribute('axes', axes)]);
}

/** Zeros around a tensor: begins of all axes, then ends. */
export function padZeros(emit: Emitter, x: string, pads: readonly number[]): string {
  if (pads.every((length) => length === 0)) return x;
  return emit.opset >= 11 ? emit.op('Pad', [x, emit.integers(pads)]) : emit.op('Pad', [x], [intsAttribute('pads', pads)]);
}

/** From `starts` to `ends` along some axes. */
export function sliceAxes(emit: Emitter, x: string, axes: readonly number[], starts: readonly number[], ends: readonly number[]): string {
  if (emit.opset >= 10) return emit.op('Slice', [x, emit.integers(starts), emit.integers(ends), emit.integers(axes)]);
  return emit.op('Slice', [x], [intsAttribute('starts', starts), intsAttribute('ends', ends), intsAttribute('axes', axes)]);
}

/** Where two tensors hold equal numbers. */
export function equal(emit: Emitter, a: string, b: string): string {
  if (emit.opset >= 11) return emit.op('Equal', [a, b]);
  // Before opset 11 Equal takes integers alone.
  return emit.op('Not', [emit.op('Or', [emit.op('Less', [a, b]), emit.op('Greater', [a, b])])]);
}

/** dy where a condition holds, else 0. */
export function keepWhere(emit: Emitter, condition: string, dy: string): string {
  if (emit.opset >= 9) return emit.op('Where', [condition, dy, emit.scalar(0, dy)]);
  return multiplyMask(emit, condition, dy);
}

/** dy where a condition holds, else 0; NaN where dy is not finite. Faster than a choice, which ONNX Runtime computes twice over. */
export function multiplyMask(emit: Emitter, condition: string, dy: string): string {
  return emit.op('Mul', [dy, emit.op('Cast', [condition], [intAttribute('to', emit.typeOf(dy).elementType)])]);
}

/** One of two tensors, by a condition. */
export function choose(emit: Emitter, condition: string, ifTrue: string, ifFalse: string): string {
  const isNumber = (name: string, value: number): boolean => {
    const { shape, values } = emit.typeOf(name);
    return shape?.length === 0 && values?.[0] === value;
  };
  if (isNumber(ifTrue, 1) && isNumber(ifFalse, 0)) return emit.op('Cast', [condition], [intAttribute('to', emit.typeOf(ifTrue).elementType)]);
  if (emit.opset >= 9) return emit.op('Where', [condition, ifTrue, ifFalse]);
  const inverse = emit.op('Not', [condition]);
  return emit.op('Add', [keepWhere(emit, condition, ifTrue), keepWhere(emit, inverse, ifFalse)]);
}

/** -1, 0 or 1. */
export function sign(emit: Emitter, x: string): string {
  if (emit.opset >= 9) return emit.op('Sign', [x]);
  const to = intAttribute('to', emit.typeOf(x).elementType);
  const zero = emit.scalar(0, x);
  return emit.op('Sub', [emit.op('Cast', [emit.op('Greater', [x, zero])], [to]), emit.op('Cast', [emit.op('Less', [x, zero])], [to])]);
}

/** Zeros in the shape of a tensor. */
export function zerosLike(emit: Emitter, x: string): string {
  return emit.op('Mul', [x, emit.scalar(0, x)]);
}

/** Sum of tensors of one shape. */
export function addAll(emit: Emitter, terms: readonly string[]): string {
  const [first, ...rest] = terms;
  if (first === undefined) throw new Error('internal: a sum of no terms');
  if (rest.length === 0) return first;
  return emit.op(rest.length === 1 ? 'Add' : 'Sum', terms);
}
