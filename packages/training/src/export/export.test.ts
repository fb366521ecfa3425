import { expect, test } from '@jest/globals';
import { loadModel } from '@pellucid/backend-tfjs';
import { activationOf, convertLayout, randomStream, tensor, type Tensor } from '@pellucid/core';
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { bars, everyLayer, normalised } from '../../test/bars.ts';
import type { NetworkDefinition } from '../network/network.ts';
import type { TrainedNetwork } from '../network/trained-network.ts';
import { plainCnn } from '../network/plain-cnn.ts';
import { pruningCnn } from '../network/pruning-cnn.ts';
import { residualCnn } from '../network/residual-cnn.ts';
import { resnet18 } from '../network/resnet18.ts';
import { countParameters, resolveNetwork } from '../network/resolve-network.ts';
import { predict } from '../predict.ts';
import { train } from '../train.ts';
import { toOnnx } from './to-onnx.ts';
import { toTfjs } from './to-tfjs.ts';

function noise([height, width, channels]: readonly [number, number, number], count: number): Tensor {
  const random = randomStream(11, 'export');
  return { shape: [count, height, width, channels], data: Float32Array.from({ length: count * height * width * channels }, random.uniform) };
}

/** A network that learned a little, so that no bias is zero. */
function trained(network: NetworkDefinition): Promise<TrainedNetwork> {
  const images = noise(network.input, 8);
  const labels = Int32Array.from({ length: 8 }, (_, i) => i % network.classes);
  const data = { name: 'noise', images, layout: 'NHWC', labels, classNames: [] } as const;
  return train({ network, data, epochs: 2, batchSize: 4, learningRate: 0.02, seed: 5, engine: 'wasm' });
}

async function runOnnx(bytes: Uint8Array, images: Tensor): Promise<Tensor> {
  const session = await InferenceSession.create(bytes);
  const { shape, data } = convertLayout(images, 'NHWC', 'NCHW');
  const { logits } = await session.run({ input: new OrtTensor('float32', data, shape) });
  await session.release();
  return tensor(logits?.dims ?? [], logits?.data as Float32Array);
}

function largestDifference(a: Tensor, b: Tensor): number {
  expect(a.shape).toEqual(b.shape);
  return a.data.reduce((most, value, i) => Math.max(most, Math.abs(value - b.data[i]!)), 0);
}

const flattenedSum: NetworkDefinition = {
  name: 'flattened-sum',
  input: [4, 6, 3],
  classes: 2,
  layers: [
    { kind: 'conv', name: 'conv', filters: 5, kernel: 3, stride: 2 },
    { kind: 'flatten', name: 'flat' },
    { kind: 'relu', name: 'relu' },
    { kind: 'add', name: 'twice', with: 'flat' },
    { kind: 'dense', name: 'logits', units: 2 },
  ],
};

test.each([
  plainCnn({ input: [12, 8, 2], classes: 3, width: 4 }),
  pruningCnn({ input: [13, 9, 3], classes: 4, width: 4 }),
  residualCnn({ input: [9, 12, 3], classes: 3, width: 4 }),
  everyLayer,
  normalised,
  flattenedSum,
])('$name gives the same logits as ONNX, as a LayersModel and here', async (network) => {
  const result = await trained(network);
  const images = noise(network.input, 3);
  const here = await predict(result, images, { engine: 'wasm' });
  expect(here.data.some((logit) => Math.abs(logit) > 0.01)).toBe(true);
  expect(largestDifference(await runOnnx(toOnnx(result), images), here)).toBeLessThan(1e-5);
  const model = await loadModel(toTfjs(result), { engine: 'wasm' });
  const { logits } = await model.evaluate({ input: images });
  await model.dispose();
  expect(largestDifference(logits, here)).toBeLessThan(1e-5);
});

test('layers have the same names and values in both formats', async () => {
  const network = residualCnn({ input: [8, 8, 1], classes: 2, width: 4 });
  const result = await train({ network, data: bars(16, 1), epochs: 1, batchSize: 8, seed: 1, engine: 'wasm' });
  const model = await loadModel(toTfjs(result), { engine: 'wasm' });
  const names = model.layers.map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(network.layers.map(({ name }) => name)));
  const evaluation = await model.evaluate({ input: bars(2, 2).images, activations: ['block1/add'] });
  expect(activationOf(evaluation, 'block1/add').shape).toEqual([2, 4, 4, 4]);
  await model.dispose();
});

test('the same network gives the same bytes', async () => {
  const result = await trained(everyLayer);
  expect(toOnnx(result)).toEqual(toOnnx(result));
  expect(toTfjs(result)).toEqual(toTfjs(result));
});

test('ResNet-18 halves the image five times, has the published number of weights, and is the same everywhere', async () => {
  // torchvision's resnet18 has 11,689,512 parameters with 1000 classes; its 4,800 channels behind convolutions have no biases there.
  expect(countParameters(resnet18({ input: [224, 224, 3], classes: 1000 }))).toBe(11_689_512 + 4_800);
  const network = resnet18({ input: [32, 32, 3], classes: 3, width: 4 });
  expect(resolveNetwork(network).find(({ definition }) => definition.name === 'layer4/block2/relu2')?.shape).toEqual([1, 1, 32]);
  const result = await trained(network);
  const images = noise(network.input, 3);
  const here = await predict(result, images, { engine: 'wasm' });
  expect(largestDifference(await predict(result, images, { engine: 'onnxruntime' }), here)).toBeLessThan(1e-4);
  expect(largestDifference(await runOnnx(toOnnx(result), images), here)).toBeLessThan(1e-4);
  const model = await loadModel(toTfjs(result), { engine: 'wasm' });
  const { logits } = await model.evaluate({ input: images });
  await model.dispose();
  expect(largestDifference(logits, here)).toBeLessThan(1e-4);
});
