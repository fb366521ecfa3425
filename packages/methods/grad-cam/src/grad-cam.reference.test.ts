import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { loadModel } from '@pellucid/backend-onnxruntime';
import { explain, tensor, type ModelAdapter, type Tensor } from '@pellucid/core';
import { readReferenceModels, referenceTolerance, testLayerReferences } from '@pellucid/reference-values';
import { relativeDifference } from '@pellucid/testkit';
import { gradCam } from './grad-cam.ts';

const models = readReferenceModels(['cifar', 'fmnist']);
if (models.length === 0) test.skip('needs ../shared/golden', () => undefined);

/** pytorch-grad-cam has no axis for the one channel of a map. */
const withChannel = ({ shape, data }: Tensor): Tensor => (shape.length === 3 ? tensor([shape[0]!, 1, ...shape.slice(1)], data) : { shape, data });

for (const { title, file, network } of models) {
  describe(title, () => {
    const { input, targets, camLayer, value } = network;
    let model: ModelAdapter<'activations' | 'gradient'>;
    beforeAll(async () => { model = await loadModel(file); });
    afterAll(() => model.dispose());

    test.each([
      ['layer_gradcam', 'main', false, false], ['layer_gradcam', '_nearest', false, 'nearest'], ['layer_gradcam', '_bilinear', false, 'bilinear'],
      ['layer_gradcam_relu', 'main', true, false], ['layer_gradcam_relu', '_nearest', true, 'nearest'], ['layer_gradcam_relu', '_bilinear', true, 'bilinear'],
    ] as const)('agrees with %s (%s)', async (key, part, relu, upsample) => {
      const expected = value(key, part);
      const { values } = await explain(model, gradCam({ layer: camLayer, relu, upsample }), { input, targets });
      expect(relativeDifference(values, withChannel(expected.values))).toBeLessThanOrEqual(referenceTolerance(expected));
    });
  });
}

testLayerReferences({
  networks: ['cifar', 'fmnist', 'mobile', 'zoo', 'vit'],
  key: 'pgc_GradCAM',
  load: loadModel,
  method: (layer) => gradCam({ layer, relu: false, upsample: false }),
});

const transformers = readReferenceModels(['vit']);
test.each(transformers)('$title: finds the layer before the last attention and the grid of its tokens by itself', async ({ file, network }) => {
  const model = await loadModel(file);
  try {
    const options = { relu: false, upsample: false } as const;
    const request = { input: network.input, targets: network.targets };
    const found = await explain(model, gradCam(options), request);
    const named = await explain(model, gradCam({ ...options, layer: network.camLayer, tokens: { prefix: 1, height: 8, width: 8 } }), request);
    expect(found.provenance.layer).toBe(named.provenance.layer);
    expect(found.values).toEqual(named.values);
    await expect(explain(model, gradCam({ ...options, tokens: { prefix: 0, height: 8, width: 8 } }), request)).rejects.toMatchObject({ code: 'LAYER_UNSUITABLE' });
  } finally {
    await model.dispose();
  }
});
