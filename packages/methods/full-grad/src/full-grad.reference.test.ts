import { expect, test } from '@jest/globals';
import { loadModel } from '@pellucid/backend-onnxruntime';
import { explain, sampleData, tensor, zeros, type Tensor } from '@pellucid/core';
import { readReferenceModels, referenceTolerance } from '@pellucid/reference-values';
import { relativeDifference } from '@pellucid/testkit';
import { fullGrad } from './full-grad.ts';

const models = readReferenceModels(['cifar', 'fmnist', 'mobile', 'zoo']);
if (models.length === 0) test.skip('needs ../shared/golden', () => undefined);

/** Each map between 0 and 1: the stored ones were scaled so at the end. */
function scaled(maps: Tensor): Tensor {
  const result = zeros(maps.shape);
  for (let sample = 0; sample < maps.shape[0]!; sample++) {
    const map = sampleData(maps, sample);
    const [least, most] = [Math.min(...map), Math.max(...map)];
    sampleData(result, sample).set(map.map((value) => (value - least) / (most - least)));
  }
  return result;
}

test.each(models)('$title: agrees with pytorch-grad-cam', async ({ file, network }) => {
  const expected = network.value('pgc_FullGrad');
  const model = await loadModel(file);
  try {
    const { values } = await explain(model, fullGrad(), { input: network.input, targets: network.targets });
    expect(relativeDifference(scaled(tensor(expected.values.shape, values.data)), expected.values)).toBeLessThanOrEqual(referenceTolerance(expected));
  } finally {
    await model.dispose();
  }
});

test.each(models.filter(({ network }) => network.name === 'cifar' || network.name === 'fmnist'))('$title: is the whole score of a network of ReLUs', async ({ file, network }) => {
  const model = await loadModel(file);
  try {
    const { provenance } = await explain(model, fullGrad({ scaled: false }), { input: network.input, targets: network.targets });
    for (const delta of provenance.convergenceDelta ?? [Infinity]) expect(Math.abs(delta)).toBeLessThan(2e-5);
  } finally {
    await model.dispose();
  }
});
