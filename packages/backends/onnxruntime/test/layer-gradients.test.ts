import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { gradientAt, INPUT, tensor, zeros, type BackwardRules, type ModelAdapter } from '@pellucid/core';
import { ElementType, makeModel, makeNode, makeTensor, makeValueInfo, writeModel } from '@pellucid/onnx-graph';
import { loadModel, type OnnxCapability } from '../src/index.ts';

const { FLOAT, INT64 } = ElementType;

/** x [n, 2, 2] -> scaled and shifted by channel -> two rows per sample, squared -> back -> a dense layer. */
let model: ModelAdapter<OnnxCapability>;
beforeAll(async () => {
  model = await loadModel(writeModel(makeModel({
    name: 'rows', opset: 17, producer: 'test',
    nodes: [
      makeNode('Conv', ['x', 'kernel'], ['conv']), makeNode('BatchNormalization', ['conv', 'scale', 'shift', 'mean', 'variance'], ['norm']),
      makeNode('Reshape', ['norm', 'pairs'], ['rows']), makeNode('Mul', ['rows', 'rows'], ['squares']),
      makeNode('Reshape', ['squares', 'flat'], ['back']), makeNode('MatMul', ['back', 'weights'], ['y']),
    ],
    initializers: [
      makeTensor('kernel', FLOAT, [2, 2, 1], [1, 0, 0, 2]), makeTensor('scale', FLOAT, [2], [3, 5]), makeTensor('shift', FLOAT, [2], [0, 1]),
      makeTensor('mean', FLOAT, [2], [0, 0]), makeTensor('variance', FLOAT, [2], [1, 1]), makeTensor('weights', FLOAT, [4, 3], Array.from({ length: 12 }, (_, i) => i)),
      makeTensor('pairs', INT64, [2], [-1, 2]), makeTensor('flat', INT64, [2], [-1, 4]),
    ],
    inputs: [makeValueInfo('x', { elementType: FLOAT, shape: ['n', 2, 2] })], outputs: [makeValueInfo('y', { elementType: FLOAT, shape: null })],
  })));
});
afterAll(() => model.dispose());

const input = tensor([2, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8]);
const weighted = (shape: readonly number[]) => ({ kind: 'cotangent', cotangent: { shape, data: zeros(shape).data.fill(1) } }) as const;

test('a layer of several rows per sample is no start, and it is said why', async () => {
  const gradient = { of: weighted([2, 2]), from: 'rows', at: [INPUT] } as const;
  await expect(model.evaluate({ input, gradient })).rejects.toMatchObject({ code: 'LAYER_UNSUITABLE' });
});

test('batch normalisation is not merged into a layer that a gradient starts from', async () => {
  const rules: BackwardRules = { name: 'merging', mergeBatchNorm: true, rules: { conv: ({ derivative }) => derivative() } };
  const slopes = async (from: string): Promise<number[]> => {
    const answer = await model.evaluate({ input, gradient: { of: weighted([2, 2, 2]), from, at: [INPUT], rules } });
    return [...gradientAt(answer, INPUT).data.subarray(0, 4)];
  };
  expect(await slopes('conv')).toEqual([1, 1, 2, 2]);
  const merged = await slopes('norm');
  [3, 3, 10, 10].forEach((slope, i) => { expect(merged[i]).toBeCloseTo(slope, 3); });
});

test('starts are compiled apart: the same query from another layer, and from the logits, has its own answer', async () => {
  const at = [INPUT] as const;
  const [conv, norm, logits] = await Promise.all([
    model.evaluate({ input, gradient: { of: weighted([2, 2, 2]), from: 'conv', at } }), model.evaluate({ input, gradient: { of: weighted([2, 2, 2]), from: 'norm', at } }),
    model.evaluate({ input, gradient: { of: weighted([2, 3]), at } }),
  ]);
  const sums = [conv, norm, logits].map((answer) => gradientAt(answer, INPUT).data.reduce((a, b) => a + b, 0));
  expect(new Set(sums.map(Math.round)).size).toBe(3);
});
