import { expect, test } from '@jest/globals';
import {
  ElementType, intAttribute, makeModel, makeNode, makeTensor, makeValueInfo, writeModel, type OnnxModel, type TensorProto,
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
