import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { loadModel as loadOnnx } from '@pellucid/backend-onnxruntime';
import { convertLayout, explain, sampleData, tensor, type Method, type ModelAdapter, type Tensor } from '@pellucid/core';
import { ablationCam } from '@pellucid/method-ablation-cam';
import { eigenCam } from '@pellucid/method-eigen-cam';
import { eigenGradCam } from '@pellucid/method-eigen-grad-cam';
import { fem } from '@pellucid/method-fem';
import { fullGrad } from '@pellucid/method-full-grad';
import { gradCam } from '@pellucid/method-grad-cam';
import { gradCamElementWise } from '@pellucid/method-grad-cam-element-wise';
import { gradCamPlusPlus } from '@pellucid/method-grad-cam-plus-plus';
import { hiResCam } from '@pellucid/method-hi-res-cam';
import { kpcaCam } from '@pellucid/method-kpca-cam';
import { layerCam } from '@pellucid/method-layer-cam';
import { reciproCam } from '@pellucid/method-recipro-cam';
import { scoreCam } from '@pellucid/method-score-cam';
import { shapleyCam } from '@pellucid/method-shapley-cam';
import { xGradCam } from '@pellucid/method-x-grad-cam';

import { loadModel } from '../src/index.ts';
import { ENGINE } from './engines.ts';

/** The networks of the zoo exist in both formats, their layers under the same names. */
const ZOO = join(import.meta.dirname, '../../../zoo/models');

// Raw: maps that are cut may have nothing left to compare.
const raw = { relu: false } as const;
const METHODS: readonly Method[] = [
  gradCam(raw), gradCamPlusPlus(raw), gradCamElementWise(), hiResCam(raw), xGradCam(raw), layerCam(raw), shapleyCam(raw), scoreCam(raw), ablationCam(raw),
  reciproCam(), eigenCam(), eigenGradCam(raw), kpcaCam(), fem(), fullGrad(), fullGrad({ scaled: false }),
];
// What bypasses these layers is still computed from the image.
const INNER = { 'plain-cnn': 'block1/relu2', 'residual-cnn': 'block1/conv1' } as const;
const FUSED = { 'plain-cnn': ['block1/pool', 'block2/relu2'], 'residual-cnn': ['stem/relu', 'block2/add'] } as const;

/** The largest relative L2 difference of a sample's map. */
function largestDifference(actual: Tensor, expected: Tensor): number {
  expect(actual.shape).toEqual(expected.shape);
  return Math.max(...Array.from({ length: expected.shape[0]! }, (_, sample) => {
    const [here, there] = [sampleData(actual, sample), sampleData(expected, sample)];
    const difference = here.reduce((sum, value, i) => sum + (value - there[i]!) ** 2, 0);
    return Math.sqrt(difference / there.reduce((sum, value) => sum + value ** 2, 0));
  }));
}

const images = tensor([2, 3, 32, 32], Float32Array.from({ length: 2 * 3072 }, (_, i) => 0.5 + 0.5 * Math.sin(i * 0.61 + Math.cos(i * 0.013))));

for (const network of ['plain-cnn', 'residual-cnn'] as const) {
  describe(`${network} on ${ENGINE}`, () => {
    let here: ModelAdapter;
    let there: ModelAdapter;
    beforeAll(async () => {
      here = (await loadModel(join(ZOO, network, 'tfjs/model.json'), { engine: ENGINE })) as ModelAdapter;
      there = (await loadOnnx(join(ZOO, network, 'model.onnx'))) as ModelAdapter;
    });
    afterAll(() => Promise.all([here.dispose(), there.dispose()]));

    const cases = [
      ...METHODS.map((method) => [`${method.description.name} ${JSON.stringify(method.options)}`, method] as const),
      ['an inner layer of recipro-cam', reciproCam({ layer: INNER[network] })] as const,
      ['an inner layer of shapley-cam', shapleyCam({ layer: INNER[network], relu: false })] as const,
      ['several layers fused', gradCam({ layer: FUSED[network] })] as const,
    ];
    test.each(cases)('%s gives the map of ONNX Runtime', async (_, method) => {
      const request = { targets: [0, 3], seed: 3 };
      const turned = await explain(here, method, { ...request, input: convertLayout(images, 'NCHW', 'NHWC') });
      const { values } = await explain(there, method, { ...request, input: images });
      expect(largestDifference(convertLayout(turned.values, 'NHWC', 'NCHW'), values)).toBeLessThan(1e-4);
    });
  });
}
