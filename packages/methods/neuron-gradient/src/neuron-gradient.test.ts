import { expect, test } from '@jest/globals';
import { activationOf, explain, tensor, type Tensor } from '@pellucid/core';
import { analyticModel, convolutionalFormula, normalValues } from '@pellucid/testkit';
import { neuronGradient } from './neuron-gradient.ts';

const SHAPE = [2, 4, 5] as const;
const SIZE = 40;
const formula = convolutionalFormula({ shape: SHAPE, kernels: 3, classes: 2, seed: 6 });
const model = analyticModel(formula);
const input = tensor([2, ...SHAPE], [...normalValues(3, 'input', 2 * SIZE)]);

const unitOf = async (layer: string, position: number, x: Tensor): Promise<readonly number[]> => {
  const values = activationOf(await model.evaluate({ input: x, activations: [layer] }), layer);
  const size = values.data.length / x.shape[0]!;
  return Array.from({ length: x.shape[0]! }, (_, sample) => values.data[sample * size + position]!);
};

test.each([['conv', [1, 2, 3], 33], ['dense', [1], 1]] as const)('predicts the change of a unit of %s', async (layer, neuron, position) => {
  const { values, provenance } = await explain(model, neuronGradient({ layer, neuron }), { input, targets: 0 });
  expect(values.shape).toEqual(input.shape);
  expect(provenance.layer).toBe(layer);
  // Small steps, so that no ReLU before the unit changes its side: the convolution is linear in any case.
  const direction = normalValues(4, 'direction', 2 * SIZE).map((value) => 1e-3 * value);
  const before = await unitOf(layer, position, input);
  const after = await unitOf(layer, position, tensor(input.shape, input.data.map((value, i) => value + direction[i]!)));
  [0, 1].forEach((sample) => {
    const predicted = direction.subarray(sample * SIZE, (sample + 1) * SIZE).reduce((sum, step, i) => sum + step * values.data[sample * SIZE + i]!, 0);
    // Values of size 1 in single precision.
    expect(Math.abs(predicted - (after[sample]! - before[sample]!))).toBeLessThan(1e-6);
    expect(Math.abs(predicted)).toBeGreaterThan(1e-5);
  });
});

test('sees no further than the window of the unit', async () => {
  const { values } = await explain(model, neuronGradient({ layer: 'conv', neuron: [0, 0, 0] }), { input, targets: 0 });
  values.data.forEach((value, i) => {
    const [y, x] = [Math.floor(i / 5) % 4, i % 5];
    expect(value !== 0).toBe(y <= 1 && x <= 1);
  });
});

test('without indices it explains the most active unit of each sample, and says which', async () => {
  const { values, provenance } = await explain(model, neuronGradient({ layer: 'conv' }), { input, targets: 0 });
  const chosen = [.../\[(\d), (\d), (\d)\], \[(\d), (\d), (\d)\]$/.exec(provenance.notes[0] ?? '') ?? []].slice(1).map(Number);
  for (const sample of [0, 1]) {
    const neuron = chosen.slice(3 * sample, 3 * sample + 3);
    const named = await explain(model, neuronGradient({ layer: 'conv', neuron }), { input, targets: 0 });
    expect(values.data.subarray(sample * SIZE, (sample + 1) * SIZE)).toEqual(named.values.data.subarray(sample * SIZE, (sample + 1) * SIZE));
    const all = activationOf(await model.evaluate({ input, activations: ['conv'] }), 'conv').data.subarray(sample * 60, sample * 60 + 60);
    const [k, y, x] = neuron as [number, number, number];
    expect(all[(k * 4 + y) * 5 + x]).toBe(Math.max(...all));
  }
});

test.each([[[3, 0, 0]], [[0, 0, 5]], [[0, 0]], [[0, 0, 0, 0]]])('indices outside the layer are named: %j', async (neuron) => {
  const explained = explain(model, neuronGradient({ layer: 'conv', neuron }), { input, targets: 0 });
  await expect(explained).rejects.toMatchObject({ code: 'OPTION_INVALID' });
  await expect(explained).rejects.toThrow('3 indices within [3, 4, 5], the shape of layer `conv`');
});

test('one forward and one backward pass per sample', async () => {
  const { provenance } = await explain(model, neuronGradient({ layer: 'conv', neuron: [0, 1, 1] }), { input, targets: 0 });
  expect(provenance.passes).toEqual({ forward: 2, backward: 2 });
});
