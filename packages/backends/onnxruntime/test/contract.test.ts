import { backendContract } from '@pellucid/testkit';
import { describe, test } from '@jest/globals';
import { loadModel } from '../src/index.ts';
import { buildNetwork } from './build-network.ts';

describe('ONNX Runtime with a free batch axis', () => {
  for (const { name, run } of backendContract((network) => loadModel(buildNetwork(network), { name: network.name }))) test(name, run);
});

describe('ONNX Runtime with the batch axis fixed at 1', () => {
  for (const { name, run } of backendContract((network) => loadModel(buildNetwork(network, 1), { name: network.name }))) test(name, run);
});
