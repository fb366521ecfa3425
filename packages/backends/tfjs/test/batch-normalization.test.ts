import { describe, expect, test } from '@jest/globals';
import { gradientAt, INPUT } from '@pellucid/core';
import { normalValues } from '@pellucid/testkit';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';

import { loadModel, openEngine } from '../src/index.ts';
import { ENGINES } from './engines.ts';

const SIZE = 4 * 4 * 2;
const COMBINATIONS = [[true, true], [true, false], [false, true], [false, false]] as const;

describe.each(ENGINES)('on engine %s', (engine) => {
  test.each(COMBINATIONS)('batch normalisation with scale %p and center %p has the gradient that finite differences show', async (scale, center) => {
    await openEngine(engine);
    const network = tfl.sequential({ layers: [
      tfl.layers.batchNormalization({ scale, center, inputShape: [4, 4, 2], name: 'norm' }),
      tfl.layers.activation({ activation: 'tanh' }), tfl.layers.flatten(), tfl.layers.dense({ units: 3 }),
    ] });
    const norm = network.getLayer('norm');
    norm.setWeights(norm.getWeights().map((_, i) => tf.tensor1d([0.7 + i, 1.3 + i])));
    const model = await loadModel(network, { engine });
    const tensors = tf.memory().numTensors;
    const input = { shape: [1, 4, 4, 2], data: Float32Array.from(normalValues(1, 'image', SIZE)) };
    const direction = normalValues(2, 'direction', SIZE);
    const score = async (step: number): Promise<number> => {
      const { logits } = await model.evaluate({ input: { ...input, data: input.data.map((value, i) => value + step * direction[i]!) } });
      return logits.data[1]!;
    };
    const gradient = gradientAt(await model.evaluate({ input, gradient: { of: { kind: 'logit', targets: [1] }, at: [INPUT, 'norm'] } }), INPUT);
    const slope = direction.reduce((sum, value, i) => sum + value * gradient.data[i]!, 0);
    expect((await score(1e-2) - await score(-1e-2)) / 2e-2).toBeCloseTo(slope, 3);
    expect(Math.abs(slope)).toBeGreaterThan(1e-3);
    expect(tf.memory().numTensors).toBe(tensors);
    await model.dispose();
    network.dispose();
  });
});
