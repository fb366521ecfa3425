import { gradientAt, INPUT, type Tensor } from '@pellucid/core';
import { expect, test } from '@jest/globals';
import {
  ElementType, intAttribute, intsAttribute, makeModel, makeNode, makeTensor, makeValueInfo, writeModel, type Dimension, type NodeProto,
} from '@pellucid/onnx-graph';
import { loadModel } from '../src/index.ts';

const wave = (count: number, step: number): Float32Array => Float32Array.from({ length: count }, (_, i) => Math.sin(step * i * i + 1));

/** A small network with padding, strides, both poolings, a branch and a resize; its input has the given height and width. */
function network(height: Dimension, width: Dimension): Uint8Array {
  const spatial = (name: string, values: number[]) => intsAttribute(name, values);
  const nodes: NodeProto[] = [
    makeNode('Conv', ['x', 'w1', 'b1'], ['c1'], [spatial('pads', [1, 1, 1, 1])]), makeNode('Relu', ['c1'], ['r1']),
    makeNode('MaxPool', ['r1'], ['m1'], [spatial('kernel_shape', [3, 3]), spatial('strides', [2, 2]), spatial('pads', [1, 1, 1, 1])]),
    makeNode('Conv', ['m1', 'w2'], ['c2'], [spatial('strides', [2, 2]), spatial('pads', [1, 1, 1, 1])]), makeNode('Sigmoid', ['c2'], ['g2']),
    makeNode('Mul', ['c2', 'g2'], ['s2']),
    makeNode('AveragePool', ['s2'], ['a2'], [spatial('kernel_shape', [2, 2]), spatial('strides', [1, 1])]),
    makeNode('BatchNormalization', ['a2', 'scale', 'shift', 'mean', 'variance'], ['n2']),
    makeNode('GlobalAveragePool', ['n2'], ['p']), makeNode('Flatten', ['p'], ['f'], [intAttribute('axis', 1)]), makeNode('Gemm', ['f', 'w3'], ['y']),
  ];
  const float = (name: string, shape: number[]) => makeTensor(name, ElementType.FLOAT, shape, wave(shape.reduce((a, b) => a * b), 0.37));
  const four = (name: string, value: number) => makeTensor(name, ElementType.FLOAT, [4], [value, value + 1, value + 2, value + 3]);
  return writeModel(makeModel({
    name: 'net', opset: 17, producer: 'test', nodes,
    initializers: [float('w1', [4, 3, 3, 3]), float('b1', [4]), float('w2', [4, 4, 3, 3]), float('w3', [4, 5]), four('scale', 1), four('shift', 0), four('mean', 0.5), four('variance', 1)],
    inputs: [makeValueInfo('x', { elementType: ElementType.FLOAT, shape: ['batch', 3, height, width] })],
    outputs: [makeValueInfo('y', { elementType: ElementType.FLOAT, shape: ['batch', 5] })],
  }));
}

async function gradients(bytes: Uint8Array, input: Tensor): Promise<readonly [Tensor, Tensor]> {
  const model = await loadModel(bytes);
  const targets = Array.from({ length: input.shape[0]! }, (_, i) => i % 5);
  const answer = await model.evaluate({ input, gradient: { of: { kind: 'logit', targets }, at: [INPUT, 'm1'] } });
  await model.dispose();
  return [gradientAt(answer, INPUT), gradientAt(answer, 'm1')];
}

test.each([[12, 12], [9, 14], [17, 11]])('a network of free height and width has, at %i x %i, the gradients of one made for that size', async (height, width) => {
  const shape = [3, 3, height, width];
  const input = { shape, data: wave(3 * 3 * height * width, 0.013) };
  const free = await gradients(network('height', 'width'), input);
  const unnamed = await gradients(network(null, null), input);
  const fixed = await gradients(network(height, width), input);
  fixed.forEach((expected, i) => {
    const scale = Math.max(...expected.data.map(Math.abs));
    expect(scale).toBeGreaterThan(0);
    for (const actual of [free[i]!, unnamed[i]!]) {
      expect(actual.shape).toEqual(expected.shape);
      expect(Math.max(...expected.data.map((value, k) => Math.abs(value - actual.data[k]!))) / scale).toBeLessThan(1e-5);
    }
  });
});
