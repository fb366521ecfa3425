import { randomStream, type LabelledImages } from '@pellucid/core';
import type { NetworkDefinition } from '../src/index.ts';

/** Noise of 8x8 pixels with a bright bar: lying (class 0) or standing (class 1). Easy to learn. */
export function bars(count: number, seed: number): LabelledImages {
  const random = randomStream(seed, 'bars');
  const labels = Int32Array.from({ length: count }, (_, i) => i % 2);
  const data = new Float32Array(count * 64);
  labels.forEach((label, sample) => {
    const place = 1 + random.integer(6);
    for (let pixel = 0; pixel < 64; pixel++) {
      const inBar = label === 0 ? Math.floor(pixel / 8) === place : pixel % 8 === place;
      data[sample * 64 + pixel] = 0.2 * random.uniform() + (inBar ? 0.8 : 0);
    }
  });
  return { name: 'bars', images: { shape: [count, 8, 8, 1], data }, layout: 'NHWC', labels, classNames: ['lying', 'standing'] };
}

/** A network with batch normalisation: behind a convolution, before one, and on a skip; and with a pool that pads. */
export const normalised: NetworkDefinition = {
  name: 'normalised',
  input: [8, 8, 1],
  classes: 2,
  layers: [
    { kind: 'conv', name: 'stem/conv', filters: 4, kernel: 3, stride: 2 },
    { kind: 'batch-norm', name: 'stem/norm' },
    { kind: 'relu', name: 'stem/relu' },
    { kind: 'max-pool', name: 'stem/pool', size: 3, stride: 2, padding: 'same' },
    { kind: 'batch-norm', name: 'before' },
    { kind: 'conv', name: 'conv', filters: 4, kernel: 3 },
    { kind: 'batch-norm', name: 'norm' },
    { kind: 'add', name: 'add', with: 'stem/pool' },
    { kind: 'relu', name: 'relu' },
    { kind: 'global-average-pool', name: 'pool' },
    { kind: 'dense', name: 'logits', units: 2 },
  ],
};

/** A network of every other kind of layer. */
export const everyLayer: NetworkDefinition = {
  name: 'every-layer',
  input: [8, 8, 1],
  classes: 2,
  layers: [
    { kind: 'conv', name: 'stem/conv', filters: 4, kernel: 3 },
    { kind: 'relu', name: 'stem/relu' },
    { kind: 'max-pool', name: 'stem/pool', size: 2 },
    { kind: 'conv', name: 'branch/conv', filters: 6, kernel: 3, stride: 2 },
    { kind: 'conv', name: 'branch/shortcut', from: 'stem/pool', filters: 6, kernel: 2, stride: 2, padding: 'valid' },
    { kind: 'add', name: 'branch/add', with: 'branch/conv' },
    { kind: 'relu', name: 'branch/relu' },
    { kind: 'average-pool', name: 'mean', size: 2, stride: 1 },
    { kind: 'flatten', name: 'flatten', from: 'branch/relu' },
    { kind: 'dense', name: 'from-places', units: 3 },
    { kind: 'global-average-pool', name: 'pooled', from: 'mean' },
    { kind: 'dense', name: 'from-mean', units: 3 },
    { kind: 'add', name: 'both', with: 'from-places' },
    { kind: 'dense', name: 'logits', units: 2 },
  ],
};
