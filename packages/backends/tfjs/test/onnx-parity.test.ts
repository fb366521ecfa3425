import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from '@jest/globals';
import { decodeNpy, INPUT, type Tensor } from '@pellucid/core';
import type { ContractLayer, ContractNetwork } from '@pellucid/testkit';

import { loadModel } from '../src/index.ts';
import { valueAt } from '../src/model/value-at.ts';
import { asGraphModel, asLayersModel } from './contract-models.ts';
import { ENGINES } from './engines.ts';
import { readNpz } from './npz.ts';

/** PyTorch networks with gradients in double precision, which the ONNX backend is compared with as well; not part of the repository. */
const GOLDEN = join(import.meta.dirname, '../../../../../shared/golden');
const whereGolden = existsSync(GOLDEN) ? describe : describe.skip;

const weightsOf = (network: string) => (name: string): Tensor => readNpz(join(GOLDEN, network, 'weights.npz'), name);
const read = (network: string, file: string): Tensor => decodeNpy(readFileSync(join(GOLDEN, network, file)), file);

/** PyTorch keeps the weights of a dense layer as [out, in]. */
function transposed({ shape, data }: Tensor): Tensor {
  const [outputs, inputs] = shape as [number, number];
  return { shape: [inputs, outputs], data: Float32Array.from(data, (_, i) => data[(i % outputs) * inputs + Math.floor(i / outputs)]!) };
}

function cifar(): ContractNetwork {
  const weight = weightsOf('cifar');
  const conv = (name: string): ContractLayer => ({ kind: 'conv', name, filters: weight(`${name}.weight`), bias: weight(`${name}.bias`), padding: 0 });
  const dense = (name: string, from: number[]): ContractLayer => ({ kind: 'dense', name, weights: transposed(weight(`${name}.weight`)), bias: weight(`${name}.bias`), from });
  const relu = (name: string): ContractLayer => ({ kind: 'relu', name });
  const pool = (name: string): ContractLayer => ({ kind: 'max-pool', name, size: 2 });
  const layers = [
    conv('conv1'), relu('relu1'), pool('pool1'), conv('conv2'), relu('relu2'), pool('pool2'),
    dense('fc1', [16, 5, 5]), relu('relu3'), dense('fc2', [120]), relu('relu4'), dense('fc3', [84]),
  ];
  return { name: 'cifar', inputShape: [3, 32, 32], classes: 10, layers };
}

function fashion(): ContractNetwork {
  const weight = weightsOf('fmnist');
  const block = (i: number): ContractLayer[] => [
    { kind: 'conv', name: `conv${i}`, filters: weight(`conv${i}.weight`), bias: weight(`conv${i}.bias`), padding: 1 },
    { kind: 'relu', name: `relu${i}` },
  ];
  const layers: ContractLayer[] = [
    ...block(1), ...block(2), { kind: 'max-pool', name: 'pool1', size: 2 }, ...block(3), ...block(4), { kind: 'max-pool', name: 'pool2', size: 2 },
    { kind: 'dense', name: 'fc', weights: transposed(weight('fc.weight')), bias: weight('fc.bias'), from: [10, 7, 7] },
  ];
  return { name: 'fmnist', inputShape: [1, 28, 28], classes: 10, layers };
}

/** From [N, C, H, W] to [N, H, W, C]. */
function channelsLast({ shape, data }: Tensor): Tensor {
  const [samples, channels, height, width] = shape as [number, number, number, number];
  const pixels = height * width;
  const result = data.map((_, i) => {
    const [sample, rest] = [Math.floor(i / (pixels * channels)), i % (pixels * channels)];
    return data[(sample * channels + (rest % channels)) * pixels + Math.floor(rest / channels)]!;
  });
  return { shape: [samples, height, width, channels], data: result };
}

/** |a - b| / |b|, all values together. */
function relativeDistance(actual: Tensor, expected: Tensor): number {
  expect(actual.shape).toEqual(expected.shape);
  const distance = Math.hypot(...actual.data.map((value, i) => value - expected.data[i]!));
  return distance / Math.hypot(...expected.data);
}

whereGolden('networks of the ONNX backend, with the same weights', () => {
  describe.each(ENGINES)('on engine %s', (engine) => {
    test.each([
      ['cifar as a layers model', cifar, asLayersModel],
      ['cifar as a graph model', cifar, asGraphModel],
      ['fmnist as a layers model', fashion, asLayersModel],
      ['fmnist as a graph model', fashion, asGraphModel],
    ] as const)('%s has the gradients of the ONNX model', async (_, build, convert) => {
      const network = build();
      const model = await loadModel(convert(network), { engine, name: network.name });
      const targets = [...read(network.name, 'targets.npy').data];
      const query = { input: channelsLast(read(network.name, 'input.npy')), gradient: { of: { kind: 'logit', targets }, at: [INPUT] } } as const;
      const { logits, gradients } = await model.evaluate(query);
      expect(relativeDistance(logits, read(network.name, 'logits.f64.npy'))).toBeLessThan(1e-5);
      expect(relativeDistance(valueAt(gradients, INPUT), channelsLast(read(network.name, 'attr/saliency_signed.f64.npy')))).toBeLessThan(1e-4);
      await model.dispose();
    });
  });
});
