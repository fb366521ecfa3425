import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from '@jest/globals';
import { loadModel as loadOnnx } from '@pellucid/backend-onnxruntime';
import { convertLayout, explain, score, tensor, type ModelAdapter } from '@pellucid/core';
import { fullGrad } from '@pellucid/method-full-grad';
import { relativeDifference } from '@pellucid/testkit';

import { loadModel, type ModelBytes } from '../src/index.ts';
import { asTfjsGraph } from './convert-onnx.ts';
import { ENGINES } from './engines.ts';
import { describeGolden, hasGoldenNetworks, readGolden } from './golden-networks.ts';
import { withFusedActivations, withInnerActivations } from './inner-activations.ts';

const ZOO = join(import.meta.dirname, '../../../zoo/models');
const input = tensor([2, 3, 32, 32], Float32Array.from({ length: 2 * 3072 }, (_, i) => 0.5 + 0.5 * Math.sin(i * 0.61 + Math.cos(i * 0.013))));
const targets = [1, 4];

function zooLayers(network: string): ModelBytes {
  const folder = join(ZOO, network, 'tfjs');
  const modelJson = readFileSync(join(folder, 'model.json'), 'utf8');
  const { weightsManifest } = JSON.parse(modelJson) as { weightsManifest: { paths: string[] }[] };
  return { modelJson, weights: weightsManifest.flatMap(({ paths }) => paths.map((path) => readFileSync(join(folder, path)))) };
}

const FORMS = {
  layers: (network: string) => withInnerActivations(zooLayers(network)),
  graph: (network: string) => withFusedActivations(asTfjsGraph(readFileSync(join(ZOO, network, 'model.onnx')), true)),
} as const;
const CASES = ENGINES.flatMap((engine) => ['plain-cnn', 'residual-cnn'].flatMap((network) => (['layers', 'graph'] as const).map((form) => [engine, network, form] as const)));

describe('FullGrad of networks whose layers apply their activations themselves', () => {
  test.each(CASES)('on %s, %s as a %s model has the map of ONNX Runtime and is the whole score', async (engine, network, form) => {
    const model = (await loadModel(FORMS[form](network), { engine })) as ModelAdapter;
    const onnx = (await loadOnnx(join(ZOO, network, 'model.onnx'))) as ModelAdapter;
    expect(model.layers.filter(({ name }) => name.endsWith('/sum')).length).toBeGreaterThan(2);
    for (const scaled of [true, false]) {
      const here = await explain(model, fullGrad({ scaled }), { input: convertLayout(input, 'NCHW', 'NHWC'), targets });
      const there = await explain(onnx, fullGrad({ scaled }), { input, targets });
      expect(relativeDifference(convertLayout(here.values, 'NHWC', 'NCHW'), there.values)).toBeLessThan(1e-4);
      here.provenance.convergenceDelta?.forEach((delta) => { expect(Math.abs(delta)).toBeLessThan(1e-4); });
      expect(here.provenance.convergenceDelta).toHaveLength(2);
    }
    await Promise.all([model.dispose(), onnx.dispose()]);
  });
});

const whereGolden = hasGoldenNetworks ? describe : describe.skip;
// Their operations are all linear or rectifiers. The slow JavaScript engine runs the smallest one.
const COMPLETE = ENGINES.flatMap((engine) =>
  (engine === 'cpu' ? ['fashion_cnn'] : ['fashion_cnn', 'vgg', 'resnet', 'densenet', 'inception']).map((network) => [engine, network] as const));

whereGolden('FullGrad of converted Keras networks', () => {
  test.each(COMPLETE)('on %s, %s is the whole score, in layers as in graph form', async (engine, network) => {
    const images = readGolden(network, 'input.npy');
    const of = { kind: 'logit', targets: [...readGolden(network, 'targets.npy').data] } as const;
    const maps = [];
    for (const form of ['layers', 'graph'] as const) {
      const model = (await loadModel(describeGolden(network, form).path, { engine })) as ModelAdapter;
      const { values, provenance } = await explain(model, fullGrad({ scaled: false }), { input: images, targets: of.targets });
      const scores = score(of, (await model.evaluate({ input: images })).logits);
      provenance.convergenceDelta?.forEach((delta, i) => { expect(Math.abs(delta / scores[i]!)).toBeLessThan(1e-4); });
      expect(provenance.convergenceDelta).toHaveLength(images.shape[0]!);
      maps.push(values);
      await model.dispose();
    }
    expect(relativeDifference(maps[1]!, maps[0]!)).toBeLessThan(1e-4);
  });
});
