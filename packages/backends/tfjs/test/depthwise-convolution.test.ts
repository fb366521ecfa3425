import { expect, test } from '@jest/globals';
import { tensor } from '@pellucid/core';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';

import { loadModel, openEngine } from '../src/index.ts';
import { ENGINES } from './engines.ts';

const CASES = ENGINES.flatMap((engine) => (['channelsLast', 'channelsFirst'] as const).map((dataFormat) => [engine, dataFormat] as const));

test.each(CASES)('on %s, a dilated depthwise layer reaches as far as its rate says, in values and in shape (%s)', async (engine, dataFormat) => {
  await openEngine(engine);
  const kernel = tf.tensor4d([1, 10, 100, 1000], [2, 2, 1, 1]);
  const bias = tf.tensor1d([-300]);
  const last = dataFormat === 'channelsLast';
  const layer = tfl.layers.depthwiseConv2d({
    name: 'far', kernelSize: 2, dilationRate: [2, 3], weights: [kernel, bias], activation: 'relu', dataFormat, inputShape: last ? [3, 5, 1] : [1, 3, 5],
  });
  const live = tfl.sequential({ layers: [layer] });
  expect(live.outputs[0]!.shape).toEqual(last ? [null, 1, 2, 1] : [null, 1, 1, 2]);
  const model = await loadModel(live, { engine });
  const { output } = await model.evaluate({ input: tensor(last ? [1, 3, 5, 1] : [1, 1, 3, 5], Array.from({ length: 15 }, (_, i) => i % 7)) });
  // Taps at (0, 0), (0, 3), (2, 0) and (2, 3).
  expect([...output.data]).toEqual([0 + 30 + 300 + 6000 - 300, 1 + 40 + 400 + 0 - 300]);
  await model.dispose();
  tf.dispose([kernel, bias]);
  live.dispose();
});
