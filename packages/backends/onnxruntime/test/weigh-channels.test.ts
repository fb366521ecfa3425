import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { activationOf, gradientAt, INPUT, randomStream, tensor, type Evaluation, type GradientPoint, type ModelAdapter, type Query } from '@pellucid/core';
import { ElementType, intsAttribute, makeModel, makeNode, makeTensor, makeValueInfo, writeModel } from '@pellucid/onnx-graph';
import { loadModel, type OnnxCapability } from '../src/index.ts';

const { FLOAT, INT64 } = ElementType;
const draws = (name: string, count: number): Float64Array => Float64Array.from({ length: count }, randomStream(5, name).normal);

/** x [n, 2, 6, 5] -> conv [n, 16, 6, 5] -> squares -> tokens [n, 480] -> two scores. */
let model: ModelAdapter<OnnxCapability>;
beforeAll(async () => {
  model = await loadModel(writeModel(makeModel({
    name: 'weighed', opset: 17, producer: 'test',
    nodes: [
      makeNode('Conv', ['x', 'kernel'], ['conv'], [intsAttribute('pads', [1, 1, 1, 1])]), makeNode('Mul', ['conv', 'conv'], ['squares']),
      makeNode('Reshape', ['squares', 'flat'], ['values']), makeNode('MatMul', ['values', 'weights'], ['y']),
    ],
    initializers: [
      makeTensor('kernel', FLOAT, [16, 2, 3, 3], draws('kernel', 288)), makeTensor('weights', FLOAT, [480, 2], draws('weights', 960)), makeTensor('flat', INT64, [2], [-1, 480]),
    ],
    inputs: [makeValueInfo('x', { elementType: FLOAT, shape: ['n', 2, 6, 5] })], outputs: [makeValueInfo('y', { elementType: FLOAT, shape: null })],
  })));
});
afterAll(() => model.dispose());

const input = tensor([3, 2, 6, 5], [...draws('x', 180)]);
const ask = (at: readonly GradientPoint[], weigh?: 'means'): Query<OnnxCapability> =>
  ({ input, activations: ['conv', 'squares', 'values'], gradient: { of: { kind: 'logit', targets: [0, 1, 0] }, at, weigh } });

/** The sum over channels of the values of a layer times the means of its gradient, by the plain answers. */
function weighed(evaluation: Evaluation, layer: string): number[] {
  const [values, slopes] = [activationOf(evaluation, layer).data, gradientAt(evaluation, layer).data];
  return Array.from({ length: 3 * 30 }, (_, i) => {
    const [sample, pixel] = [Math.floor(i / 30), i % 30];
    return Array.from({ length: 16 }, (__, channel) => {
      const start = (sample * 16 + channel) * 30;
      return values[start + pixel]! * slopes.subarray(start, start + 30).reduce((sum, slope) => sum + slope / 30, 0);
    }).reduce((a, b) => a + b);
  });
}

test.each([undefined, 1])('channels weighed in the graph are those weighed outside, whatever the memory budget (%s)', async (memoryBudget) => {
  const plain = await model.evaluate(ask(['conv', 'squares']));
  const answer = await model.evaluate(ask(['conv', 'squares'], 'means'), memoryBudget === undefined ? {} : { memoryBudget });
  for (const layer of ['conv', 'squares']) {
    const map = gradientAt(answer, layer);
    const expected = weighed(plain, layer);
    const largest = Math.max(...expected.map(Math.abs));
    expect(map.shape).toEqual([3, 1, 6, 5]);
    expect(largest).toBeGreaterThan(0.1);
    expected.forEach((value, i) => { expect(Math.abs(map.data[i]! - value) / largest).toBeLessThan(1e-6); });
  }
});

test('what was weighed leaves the engine without activations; what is no image, and the input, answer as ever', async () => {
  const plain = await model.evaluate(ask([INPUT, 'conv', 'values']));
  const answer = await model.evaluate(ask([INPUT, 'conv', 'values'], 'means'));
  expect([...answer.activations.keys()]).toEqual(['squares', 'values']);
  expect(gradientAt(answer, 'values')).toEqual(gradientAt(plain, 'values'));
  expect(gradientAt(answer, INPUT).shape).toEqual([3, 2, 6, 5]);
  expect(answer.logits).toEqual(plain.logits);
});
