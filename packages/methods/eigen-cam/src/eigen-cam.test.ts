import { expect, test } from '@jest/globals';
import { explain, tensor } from '@pellucid/core';
import { analyticModel, type AnalyticNetwork } from '@pellucid/testkit';
import { eigenCam } from './eigen-cam.ts';

test('asks for the layer alone, and brings the map to the input', async () => {
  const network: AnalyticNetwork = {
    name: 'pooled',
    shape: [1, 4, 4],
    classes: 2,
    layers: [{ name: 'corners', kind: 'max-pool', shape: [1, 2, 2] }],
    pass: (x) => ({
      logits: Float64Array.of(x[0]!, x[1]!),
      activations: new Map([['corners', Float64Array.of(x[0]!, x[3]!, x[12]!, x[15]!)]]),
      backward: () => new Map(),
    }),
  };
  const data = new Float32Array(16);
  data[0] = 4;
  const model = analyticModel(network, { capabilities: ['activations'] });
  const { values, provenance } = await explain(model, eigenCam({ upsample: 'nearest' }), { input: tensor([1, 1, 4, 4], data), targets: 0 });
  expect([...values.data]).toEqual([4, 4, 0, 0, 4, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  expect(provenance).toMatchObject({ layer: 'corners', passes: { forward: 1, backward: 0 } });
});
