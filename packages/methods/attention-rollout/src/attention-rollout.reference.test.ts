import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import { loadModel } from '@pellucid/backend-onnxruntime';
import { activationOf, decodeNpy, explain, sampleData, type ModelAdapter, type Tensor } from '@pellucid/core';
import { readReferenceModels } from '@pellucid/reference-values';
import { relativeDifference } from '@pellucid/testkit';
import { attentionRollout } from './attention-rollout.ts';

const SHARED = join(__dirname, '../../../../../shared');

/** The arrays of an .npz, a ZIP archive, in the order of its directory. */
function readNpz(path: string): Tensor[] {
  const bytes = readFileSync(path);
  const arrays: Tensor[] = [];
  for (let at = bytes.indexOf('PK\x01\x02'); at >= 0; at = bytes.indexOf('PK\x01\x02', at + 4)) {
    const [method, size, nameLength, local] = [bytes.readUInt16LE(at + 10), bytes.readUInt32LE(at + 20), bytes.readUInt16LE(at + 28), bytes.readUInt32LE(at + 42)];
    const start = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
    const content = bytes.subarray(start, start + size);
    arrays.push(decodeNpy(method === 0 ? content : inflateRawSync(content), bytes.toString('utf8', at + 46, at + 46 + nameLength)));
  }
  return arrays;
}

/** The product of whole matrices in plain words: the row of the class token, its patches. */
function rollout(layers: readonly Tensor[], sample: number): number[] {
  const tokens = layers[0]!.shape[3]!;
  let row = Array.from({ length: tokens }, (_, i) => Number(i === 0));
  for (const layer of layers.toReversed()) {
    const attention = sampleData(layer, sample);
    const heads = layer.shape[1]!;
    row = row.map((_, j) => row.reduce((sum, value, i) => {
      let mean = 0;
      for (let head = 0; head < heads; head++) mean += attention[(head * tokens + i) * tokens + j]! / heads;
      return sum + (value * (mean + Number(i === j))) / 2;
    }, 0));
  }
  return row.slice(1);
}

async function compare(model: ModelAdapter<'activations'>, input: Tensor, layers: readonly Tensor[]): Promise<void> {
  const { values } = await explain(model, attentionRollout({ upsample: false }), { input, targets: 0 });
  const expected = { shape: values.shape, data: Float32Array.from(Array.from({ length: input.shape[0]! }, (_, sample) => rollout(layers, sample)).flat()) };
  expect(relativeDifference(values, expected)).toBeLessThan(3e-6);
}

const models = readReferenceModels(['vit']);
if (models.length === 0) test.skip('needs ../shared/golden', () => undefined);
for (const { title, file, network } of models) {
  test(`${title}: of the attention that PyTorch recorded`, async () => {
    const model = await loadModel(file);
    await compare(model, network.input, readNpz(join(SHARED, 'golden/vit/attention.npz')));
    await model.dispose();
  });
}

const EXPORTS = join(SHARED, 'exports/vit');
const WRITTEN_OUT = ['legacy13', 'legacy17', 'dynamo18', 'dynamo20', 'dynamo20.unoptimised'];
if (!existsSync(EXPORTS)) test.skip('needs ../shared/exports', () => undefined);
else {
  const input = decodeNpy(readFileSync(join(EXPORTS, 'input.npy')), 'input');
  test.each(WRITTEN_OUT)('finds the three attention maps of the export %s', async (name) => {
    const model = await loadModel(join(EXPORTS, `${name}.onnx`));
    const maps = model.layers.filter(({ kind, shape }) => kind === 'softmax' && shape?.length === 4).map((layer) => layer.name);
    expect(maps).toHaveLength(3);
    const evaluation = await model.evaluate({ input, activations: maps });
    await compare(model, input, maps.map((map) => activationOf(evaluation, map)));
    await model.dispose();
  });
  test.each(['vit/dynamo23', 'vit/dynamo25', 'swin/legacy17'])('%s has fused attention, or windows: refused', async (name) => {
    const model = await loadModel(join(SHARED, 'exports', `${name}.onnx`));
    await expect(explain(model, attentionRollout(), { input, targets: 0 })).rejects.toMatchObject({ code: 'LAYER_UNSUITABLE' });
    await model.dispose();
  });
}
