import { attributeFloat, attributeInt, ElementType, intAttribute } from '@pellucid/onnx-graph';
import { squeeze, type Emitter } from '../engine/emitter.ts';
import type { Composition } from './composition.ts';

const named = (inputs: readonly string[]): readonly string[] => inputs.slice(0, inputs.findLastIndex((name) => name !== '') + 1);

/** Whether a scale is one number, for all of a tensor. */
function isSingle(emit: Emitter, scale: string): boolean {
  const { shape } = emit.typeOf(scale);
  if (!shape || shape.length > 1) return emit.fail(`the shape of its scale \`${scale}\` is not a number or a list`);
  return shape.length === 0 || shape[0] === 1;
}

/** The numbers that integers stand for; scales and zero points may run along an axis. */
function dequantize(emit: Emitter, x: string, scale: string, zero = '', axis = 1): string {
  if (isSingle(emit, scale)) return emit.op('DequantizeLinear', named([x, scale, zero]));
  if (emit.opset < 13) return emit.fail('its scales run along an axis', 'Export the model for operator set 13 or later.');
  return emit.op('DequantizeLinear', named([x, scale, zero]), [intAttribute('axis', axis)]);
}

function quantize(emit: Emitter, y: string, scale: string, zero = ''): string {
  if (!isSingle(emit, scale)) return emit.fail('the scale of its output runs along an axis');
  return emit.op('QuantizeLinear', named([y, scale, zero]));
}

/** Biases are integers of 32 bits, in units of the product of the scales of both factors. */
const bias = (emit: Emitter, b: string, a: string, w: string): string => dequantize(emit, b, emit.op('Mul', [a, w]), '', 0);

const convolution: Composition = (emit, { node, inputs: [x = '', xs = '', xz, w = '', ws = '', wz, ys = '', yz, b = ''] }) => {
  const operands = [dequantize(emit, x, xs, xz), dequantize(emit, w, ws, wz, 0), ...(b === '' ? [] : [bias(emit, b, xs, ws)])];
  return [quantize(emit, emit.op('Conv', operands, node.attribute), ys, yz)];
};

const product: Composition = (emit, { inputs: [a = '', as = '', az, b = '', bs = '', bz, ys = '', yz] }) =>
  [quantize(emit, emit.op('MatMul', [dequantize(emit, a, as, az, -2), dequantize(emit, b, bs, bz, -1)]), ys, yz)];

/** alpha a' b' + c; without a scale for the output that stays in floats. */
const gemm: Composition = (emit, { node, inputs: [a = '', as = '', az, b = '', bs = '', bz, c = '', ys = '', yz] }) => {
  const factors = [dequantize(emit, a, as, az), dequantize(emit, b, bs, bz, attributeInt(node, 'transB', 0) === 1 ? 0 : 1)];
  const alpha = attributeFloat(node, 'alpha', 1);
  const scale = alpha === 1 ? as : emit.op('Mul', [as, emit.scalar(alpha, as)]);
  // Before operator set 11 a Gemm has a third operand.
  const none = (): readonly string[] => (emit.opset >= 11 ? [] : [emit.scalar(0, as)]);
  const y = emit.op('Gemm', [...factors, ...(c === '' ? none() : [bias(emit, c, scale, bs)])], node.attribute);
  return [ys === '' ? y : quantize(emit, y, ys, yz)];
};

const binary = (operator: string): Composition => (emit, { inputs: [a = '', as = '', az, b = '', bs = '', bz, ys = '', yz] }) =>
  [quantize(emit, emit.op(operator, [dequantize(emit, a, as, az), dequantize(emit, b, bs, bz)]), ys, yz)];

/** An operator of one operand; attributes of the fused form alone go. */
const unary = (operator: string): Composition => (emit, { node, inputs: [x = '', xs = '', xz, ys = '', yz] }) => {
  if (attributeInt(node, 'channels_last', 0) !== 0) return emit.fail('its channels come last (`channels_last`)');
  const isOlder = (opset: number): boolean => opset < 13;
  if (isOlder(attributeInt(node, 'opset', emit.opset)) !== isOlder(emit.opset)) return emit.fail('it is of another operator set than the model');
  const attributes = node.attribute.filter(({ name }) => name !== 'channels_last' && name !== 'opset');
  return [quantize(emit, emit.op(operator, [dequantize(emit, x, xs, xz)], attributes), ys, yz)];
};

const concat: Composition = (emit, { node, inputs: [ys = '', yz, ...parts] }) => {
  const operands = Array.from({ length: Math.floor(parts.length / 3) }, (_, i) => dequantize(emit, parts[3 * i] ?? '', parts[3 * i + 1] ?? '', parts[3 * i + 2]));
  return [quantize(emit, emit.op('Concat', operands, node.attribute), ys, yz)];
};

/** The maximum of integers, which is that of the numbers that they stand for, with a scale of 1. */
const maxPool: Composition = (emit, { node, inputs: [x = ''], outputs }) => {
  const { elementType } = emit.typeOf(x);
  if (outputs.length > 1 || (elementType !== Number(ElementType.INT8) && elementType !== Number(ElementType.UINT8))) return emit.fail('it is of floats');
  const number = (value: number, to: number): string => squeeze(emit, emit.op('Cast', [emit.integers([value])], [intAttribute('to', to)]), [0]);
  const [scale, zero] = [number(1, ElementType.FLOAT), number(0, elementType)];
  return [quantize(emit, emit.op('MaxPool', [dequantize(emit, x, scale, zero)], node.attribute), scale, zero)];
};

/** Operators that compute with integers, in floats between DequantizeLinear and QuantizeLinear: under the domain that they belong to. */
export const QUANTIZED_PARTS: Readonly<Record<string, Composition>> = {
  'MaxPool': maxPool,
  'QLinearConv': convolution,
  'QLinearMatMul': product,
  'com.microsoft.QGemm': gemm,
  'com.microsoft.QLinearAdd': binary('Add'),
  'com.microsoft.QLinearAveragePool': unary('AveragePool'),
  'com.microsoft.QLinearConcat': concat,
  'com.microsoft.QLinearGlobalAveragePool': unary('GlobalAveragePool'),
  'com.microsoft.QLinearLeakyRelu': unary('LeakyRelu'),
  'com.microsoft.QLinearMul': binary('Mul'),
  'com.microsoft.QLinearSigmoid': unary('Sigmoid'),
  'com.microsoft.QLinearSoftmax': unary('Softmax'),
};
