import { expect, test } from '@jest/globals';
import { loadModel } from '@pellucid/backend-onnxruntime';
import { activationOf, explain, sampleData, tensor } from '@pellucid/core';
import { ElementType, intsAttribute, makeModel, makeNode, makeTensor, makeValueInfo, writeModel } from '@pellucid/onnx-graph';
import { analyticModel, layerFormula, normalValues } from '@pellucid/testkit';
import { layerDeepLift } from './layer-deep-lift.ts';

const SHAPE = [2, 2, 3] as const;
const weights = [normalValues(1, 'weights', 12), normalValues(2, 'weights', 12)];
const model = analyticModel(layerFormula(SHAPE, weights), { capabilities: ['activations', 'gradient', 'backward-rules'] });
const input = tensor([2, ...SHAPE], [...normalValues(3, 'input', 24)]);
const targets = [1, 0];

test('behind a layer that is read linearly each value contributes its weight times its change', async () => {
  const { values, provenance } = await explain(model, layerDeepLift({ baseline: 0.5 }), { input, targets });
  targets.forEach((target, sample) => {
    sampleData(values, sample).forEach((value, i) => { expect(value).toBeCloseTo(weights[target]![i]! * (sampleData(input, sample)[i]! - 0.5), 5); });
    expect(provenance.convergenceDelta?.[sample]).toBeCloseTo(0, 5);
  });
  expect(provenance.layer).toBe('features');
  expect(provenance.passes).toEqual({ forward: 4, backward: 4 });
});

test('a layer that is not there is named', async () => {
  await expect(explain(model, layerDeepLift({ layer: 'feature' }), { input, targets })).rejects.toMatchObject({ code: 'LAYER_NOT_FOUND' });
});

test('through an overlapping max-pool and a ReLU it is what section 3.5 gives, written out in double precision', async () => {
  const { FLOAT } = ElementType;
  const [kernel, dense] = [normalValues(1, 'kernel', 18), normalValues(2, 'dense', 9)];
  const net = await loadModel(writeModel(makeModel({
    name: 'net', opset: 17, producer: 'test',
    inputs: [makeValueInfo('x', { elementType: FLOAT, shape: ['n', 2, 7, 7] })], outputs: [makeValueInfo('y', { elementType: FLOAT, shape: null })],
    initializers: [makeTensor('k', FLOAT, [1, 2, 3, 3], [...kernel]), makeTensor('d', FLOAT, [9, 1], [...dense])],
    nodes: [
      makeNode('Conv', ['x', 'k'], ['c'], [intsAttribute('pads', [1, 1, 1, 1])]),
      makeNode('MaxPool', ['c'], ['p'], [intsAttribute('kernel_shape', [3, 3]), intsAttribute('strides', [2, 2])]),
      makeNode('Relu', ['p'], ['r']), makeNode('Flatten', ['r'], ['f']), makeNode('MatMul', ['f', 'd'], ['y']),
    ],
  })));
  const [x, x0] = [tensor([2, 2, 7, 7], [...normalValues(3, 'x', 196)]), tensor([2, 2, 7, 7], [...normalValues(4, 'x0', 196)])];
  const { values } = await explain(net, layerDeepLift({ layer: 'c', baseline: x0 }), { input: x, targets: 0 });
  const at = async (input: typeof x) => activationOf(await net.evaluate({ input, activations: ['c'] }), 'c');
  const [here, there] = [await at(x), await at(x0)];
  [0, 1].forEach((sample) => {
    const [c, c0] = [sampleData(here, sample), sampleData(there, sample)];
    const expected = new Float64Array(49);
    dense.forEach((weight, window) => {
      const places = Array.from({ length: 9 }, (_, i) => (2 * Math.floor(window / 3) + Math.floor(i / 3)) * 7 + 2 * (window % 3) + (i % 3));
      const highest = (map: Float32Array): number => places.reduce((best, place) => (map[place]! > map[best]! ? place : best));
      const [own, other] = [highest(c), highest(c0)];
      const [p, p0] = [c[own]!, c0[other]!];
      const multiplier = (weight * (Math.max(p, 0) - Math.max(p0, 0))) / (p - p0);
      // Up to the greater of both outputs by the baseline's maximum, from there by the sample's.
      expected[own]! += multiplier * (Math.max(p, p0) - p0);
      expected[other]! += multiplier * (p - Math.max(p, p0));
    });
    const largest = expected.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
    sampleData(values, sample).forEach((value, i) => { expect(Math.abs(value - expected[i]!)).toBeLessThan(2e-6 * largest); });
    expect(largest).toBeGreaterThan(0.1);
  });
  await net.dispose();
});
