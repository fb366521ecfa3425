import { expect, test } from '@jest/globals';
import {
  ElementType, floatAttribute, intAttribute, intsAttribute, makeModel, makeNode, makeTensor, makeValueInfo, writeModel, type AttributeProto, type NodeProto,
  type OnnxModel, type TensorProto,
} from '@pellucid/onnx-graph';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { differentiate } from '../src/index.ts';

const { FLOAT, INT32 } = ElementType;

/** x -> integers -> y, with scales per tensor or along the last axis. The zero point is cast, since integers of 8 bits are not stored here. */
function rounding(elementType: ElementType, scales: readonly number[], zeros: readonly number[]): OnnxModel {
  const perAxis = scales.length > 1;
  const shape = perAxis ? [scales.length] : [];
  const axis = perAxis ? [intAttribute('axis', -1)] : [];
  const stored: TensorProto[] = [makeTensor('scale', FLOAT, shape, scales), makeTensor('zeros', INT32, shape, zeros)];
  return makeModel({
    name: 'rounding', opset: 17, producer: 'test', initializers: stored,
    nodes: [
      makeNode('Cast', ['zeros'], ['zero'], [intAttribute('to', elementType)]), makeNode('QuantizeLinear', ['x', 'scale', 'zero'], ['q'], axis),
      makeNode('DequantizeLinear', ['q', 'scale', 'zero'], ['d'], axis), makeNode('Mul', ['d', 'd'], ['y']),
    ],
    inputs: [makeValueInfo('x', { elementType: FLOAT, shape: ['batch', 3] })], outputs: [makeValueInfo('y', { elementType: FLOAT, shape: ['batch', 3] })],
  });
}

test.each<[string, ElementType, number, number, number[], number[]]>([
  ['uint8', ElementType.UINT8, 0, 255, [0.5], [10]], ['int8', ElementType.INT8, -128, 127, [0.25], [-3]],
  ['int8 per axis', ElementType.INT8, -128, 127, [0.5, 0.25, 2], [0, 5, -7]],
])('straight-through: rounding to %s has derivative 1 inside its range and 0 outside', async (_, type, least, most, scales, zeros) => {
  const { model, cotangent } = differentiate(rounding(type, scales, zeros), { of: 'y', at: ['x'], straightThrough: true });
  // Far outside, just outside and just inside of both ends, and values between.
  const levels = [least - 40, least - 0.6, least - 0.4, least, least + 7.3, 1.2, 0, most - 3.4, most, most + 0.4, most + 0.6, most + 40];
  const x = Float32Array.from({ length: 3 * levels.length }, (__, i) => (levels[Math.floor(i / 3)]! - zeros[i % zeros.length]!) * scales[i % scales.length]!);
  const session = await InferenceSession.create(writeModel(model), { logSeverityLevel: 3 });
  const shape = [levels.length, 3];
  const answer = await session.run({ x: new Tensor('float32', x, shape), [cotangent]: new Tensor('float32', new Float32Array(x.length).fill(1), shape) });
  await session.release();
  const expected = Array.from(x, (value, i) => {
    const [scale, zero] = [scales[i % scales.length]!, zeros[i % zeros.length]!];
    const level = Math.round(value / scale) + zero;
    return level < least || level > most ? 0 : 2 * (level - zero) * scale;
  });
  const actual = answer['x/gradient']?.data as Float32Array;
  expected.forEach((value, i) => {
    expect(actual[i]).toBeCloseTo(value, 3);
  });
});

test('without the option a quantised model is an error that names it, also where another branch has a gradient', () => {
  const model = rounding(ElementType.UINT8, [0.5], [10]);
  expect(() => differentiate(model, { of: 'y', at: ['x'] })).toThrow(/Cannot differentiate `DequantizeLinear`.*`--straight-through`/);
});

const microsoft = (...parts: Parameters<typeof makeNode>): NodeProto => ({ ...makeNode(...parts), domain: 'com.microsoft' });
/** A tensor, its scale and its zero point. */
const scaled = (name: string): [string, string, string] => [name, `${name}/scale`, `${name}/zero`];
const pads = [intsAttribute('pads', [1, 1, 1, 1])];
const windows = [intsAttribute('kernel_shape', [2, 2]), intsAttribute('strides', [2, 2])];

/** What operators on integers compute, and the same in floats between roundings, spelled out. */
const INTEGERS: readonly NodeProto[] = [
  makeNode('QLinearConv', [...scaled('q'), ...scaled('w'), 'c/scale', 'c/zero', 'b'], ['c'], pads), makeNode('MaxPool', ['c'], ['p'], windows),
  microsoft('QLinearSigmoid', ['p', 'c/scale', 'c/zero', 's/scale', 's/zero'], ['s']), microsoft('QLinearLeakyRelu', ['p', 'c/scale', 'c/zero', 'l/scale', 'l/zero'], ['l'], [floatAttribute('alpha', 0.2)]),
  microsoft('QLinearMul', [...scaled('s'), ...scaled('l'), 'm/scale', 'm/zero'], ['m']), microsoft('QLinearAdd', [...scaled('m'), ...scaled('s'), 'a/scale', 'a/zero'], ['a']),
  microsoft('QLinearConcat', ['k/scale', 'k/zero', ...scaled('a'), ...scaled('s')], ['k'], [intAttribute('axis', 1)]),
  microsoft('QLinearAveragePool', ['k', 'k/scale', 'k/zero', 'v/scale', 'v/zero'], ['v'], windows), microsoft('QLinearGlobalAveragePool', ['v', 'v/scale', 'v/zero', 'g/scale', 'g/zero'], ['g']),
  makeNode('Flatten', ['g'], ['f']), microsoft('QLinearSoftmax', ['f', 'g/scale', 'g/zero', 't/scale', 't/zero'], ['t'], [intAttribute('axis', -1), intAttribute('opset', 17)]),
  makeNode('QLinearMatMul', [...scaled('t'), ...scaled('r'), 'o/scale', 'o/zero'], ['o']), microsoft('QGemm', [...scaled('o'), ...scaled('u'), 'e'], ['y'], [floatAttribute('alpha', 0.5), intAttribute('transB', 1)]),
];
/** An operator on real values, from and to integers; `as` names the scales of a tensor that shares those of another. */
function inFloats(operator: string, operands: readonly string[], [output, to = output]: readonly [string, string?], attributes: AttributeProto[] = [], sharing: Readonly<Record<string, string>> = {}): NodeProto[] {
  const real = operands.map((name) => makeNode('DequantizeLinear', [name, ...scaled(sharing[name] ?? name).slice(1)], [`${output}/${name}`]));
  return [...real, makeNode(operator, real.map(({ output: [name = ''] }) => name), [`${output}/real`], attributes), makeNode('QuantizeLinear', [`${output}/real`, ...scaled(to).slice(1)], [output])];
}
const FLOATS: readonly NodeProto[] = [
  makeNode('DequantizeLinear', scaled('q'), ['c/q']), makeNode('DequantizeLinear', scaled('w'), ['c/w'], [intAttribute('axis', 0)]), makeNode('Cast', ['b'], ['b/float'], [intAttribute('to', FLOAT)]),
  makeNode('Mul', ['q/scale', 'w/scale'], ['b/scale']), makeNode('Mul', ['b/float', 'b/scale'], ['c/b']), makeNode('Conv', ['c/q', 'c/w', 'c/b'], ['c/real'], pads),
  makeNode('QuantizeLinear', ['c/real', 'c/scale', 'c/zero'], ['c']), ...inFloats('MaxPool', ['c'], ['p', 'c'], windows),
  ...inFloats('Sigmoid', ['p'], ['s'], [], { p: 'c' }), ...inFloats('LeakyRelu', ['p'], ['l'], [floatAttribute('alpha', 0.2)], { p: 'c' }), ...inFloats('Mul', ['s', 'l'], ['m']), ...inFloats('Add', ['m', 's'], ['a']),
  ...inFloats('Concat', ['a', 's'], ['k'], [intAttribute('axis', 1)]), ...inFloats('AveragePool', ['k'], ['v'], windows), ...inFloats('GlobalAveragePool', ['v'], ['g']), makeNode('Flatten', ['g'], ['f']),
  ...inFloats('Softmax', ['f'], ['t'], [], { f: 'g' }), ...inFloats('MatMul', ['t', 'r'], ['o']), makeNode('DequantizeLinear', scaled('o'), ['y/o']), makeNode('DequantizeLinear', scaled('u'), ['y/u'], [intAttribute('axis', 0)]),
  makeNode('Cast', ['e'], ['e/float'], [intAttribute('to', FLOAT)]), makeNode('Mul', ['o/scale', 'u/scale'], ['e/scale']), makeNode('Mul', ['e/float', 'e/scale'], ['e/real']), makeNode('Gemm', ['y/o', 'y/u'], ['y/product'], [floatAttribute('alpha', 0.5), intAttribute('transB', 1)]),
  makeNode('Mul', ['e/real', 'half'], ['y/e']), makeNode('Add', ['y/product', 'y/e'], ['y']),
];

/** x [n, 2, 8, 8] to y [n, 3], with activations of 8 bits. */
function integerNetwork(nodes: readonly NodeProto[]): OnnxModel {
  const whole = (name: string, shape: readonly number[], make: (i: number) => number): TensorProto => makeTensor(`${name}/whole`, INT32, shape, Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => make(i)));
  const weights = [whole('w', [3, 2, 3, 3], (i) => ((i * 37) % 181) - 90), whole('r', [6, 4], (i) => ((i * 53) % 201) - 100), whole('u', [3, 4], (i) => ((i * 71) % 191) - 95)];
  const scales: Readonly<Record<string, readonly number[]>> = {
    q: [0.02], w: [0.004, 0.006, 0.003], c: [0.03], s: [0.004], l: [0.02], m: [0.012], a: [0.015], k: [0.014], v: [0.012], g: [0.009], t: [0.004], r: [0.01], o: [0.008], u: [0.007, 0.011, 0.005],
  };
  const list = Object.entries(scales);
  const integers = [...['w', 'r', 'u'].map((name) => [name, ElementType.INT8] as const), ...list.map(([name]) => [`${name}/zero`, ['w', 'r', 'u'].includes(name) ? ElementType.INT8 : ElementType.UINT8] as const)];
  const model = makeModel({
    name: 'integers', opset: 17, producer: 'test',
    initializers: [
      ...weights, makeTensor('half', FLOAT, [], [0.5]), makeTensor('b', INT32, [3], [900, -700, 400]), makeTensor('e', INT32, [3], [40, -90, 60]),
      ...list.map(([name, values]) => makeTensor(`${name}/scale`, FLOAT, values.length === 1 ? [] : [values.length], values)),
      ...list.map(([name, values]) => whole(`${name}/zero`, values.length === 1 ? [] : [values.length], () => ({ q: 120, c: 100, l: 60, m: 70, a: 30, o: 128 })[name] ?? 0)),
    ],
    nodes: [...integers.map(([name, to]) => makeNode('Cast', [`${name}/whole`], [name], [intAttribute('to', to)])), makeNode('QuantizeLinear', ['x', 'q/scale', 'q/zero'], ['q']), ...nodes.map((node) => ({ ...node, domain: '' }))],
    inputs: [makeValueInfo('x', { elementType: FLOAT, shape: ['n', 2, 8, 8] })], outputs: [makeValueInfo('y', { elementType: FLOAT, shape: ['n', 3] })],
  });
  model.graph.node.slice(-nodes.length).forEach((node, i) => { node.domain = nodes[i]!.domain; });
  const [standard] = model.proto.opsetImport;
  if (standard) model.proto.opsetImport.push({ ...standard, domain: 'com.microsoft', version: 1n });
  return model;
}

test('straight-through: operators that compute with integers pass what they do in floats between roundings', async () => {
  const x = Float32Array.from({ length: 256 }, (_, i) => 2.2 * Math.sin(i * i + 1));
  const results = await Promise.all([INTEGERS, FLOATS].map(async (nodes) => {
    const { model, cotangent } = differentiate(integerNetwork(nodes), { of: 'y', at: ['x'], straightThrough: true });
    const session = await InferenceSession.create(writeModel(model), { logSeverityLevel: 3 });
    const answer = await session.run({ x: new Tensor('float32', x, [2, 2, 8, 8]), [cotangent]: new Tensor('float32', Float32Array.of(1, -2, 3, -1, 1, 2), [2, 3]) });
    await session.release();
    return { y: Array.from(answer['y']?.data as Float32Array), gradient: Array.from(answer['x/gradient']?.data as Float32Array) };
  }));
  const [integers, floats] = results;
  if (!integers || !floats) throw new Error('no results');
  expect(floats.gradient.filter((value) => value !== 0).length).toBeGreaterThan(40);
  const size = Math.max(...floats.gradient.map(Math.abs));
  floats.gradient.forEach((value, i) => expect(Math.abs(integers.gradient[i]! - value)).toBeLessThan(1e-5 * size));
  floats.y.forEach((value, i) => expect(integers.y[i]).toBeCloseTo(value, 5));
});

test('a model of integers without the option is an error that names it', () => {
  expect(() => differentiate(integerNetwork(INTEGERS), { of: 'y', at: ['x'] })).toThrow(/Cannot differentiate `QGemm`.*`--straight-through`/);
});
