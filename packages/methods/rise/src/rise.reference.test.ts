import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { loadModel } from '@pellucid/backend-onnxruntime';
import { decodeNpy, tensor, type ModelAdapter, type Tensor } from '@pellucid/core';
import { readReferenceModels, referenceTolerance } from '@pellucid/reference-values';
import { drawNumber, recordedContext, relativeDifference } from '@pellucid/testkit';
import { drawMask } from './random-mask.ts';
import { rise } from './rise.ts';

const models = readReferenceModels(['cifar', 'fmnist', 'mobile', 'zoo']).filter(({ network }) => network.methods.includes('rise'));
if (models.length === 0) test.skip('needs ../shared/golden', () => undefined);

const SETTINGS = { grid: 4, probability: 0.5 };
const read = (folder: string, name: string): Tensor => decodeNpy(readFileSync(join(folder, 'noise', `${name}.npy`)), name);

/** The grids and crops that the reference drew. */
function authorsDraws(folder: string): ReturnType<typeof recordedContext> {
  const [cells, shifts] = [read(folder, 'rise_grid').data, read(folder, 'rise_shift').data];
  return recordedContext({
    chunkSize: 7,
    stream: (_sample, name) => {
      let [cell, shift] = [drawNumber(name) * SETTINGS.grid ** 2, 2 * drawNumber(name)];
      return { uniform: () => (cells[cell++] === 1 ? 0 : 1), integer: () => shifts[shift++]! };
    },
  });
}

for (const { title, file, network } of models) {
  describe(title, () => {
    const { input, targets, value } = network;
    let model: ModelAdapter<never>;
    beforeAll(async () => { model = await loadModel(file); });
    afterAll(() => model.dispose());

    test('the masks are those of the authors, from the same grids and crops', () => {
      const masks = read(dirname(file), 'rise_masks');
      const [count = 0, height = 0, width = 0] = masks.shape;
      const context = authorsDraws(dirname(file));
      const drawn = Array.from({ length: count }, (_, i) => [...drawMask(context.random(0, `mask ${i}`), height, width, SETTINGS)]).flat();
      expect(relativeDifference(tensor(masks.shape, drawn), masks)).toBeLessThan(2e-7);
    });

    test('with the same masks, the map of the authors', async () => {
      const expected = value('rise');
      const batch = { input, layout: model.input.layout, targets, objective: { kind: 'probability', targets } } as const;
      const { values } = await rise({ samples: 64, ...SETTINGS }).explain(model, batch, authorsDraws(dirname(file)));
      expect(relativeDifference(tensor(expected.values.shape, values.data), expected.values)).toBeLessThanOrEqual(referenceTolerance(expected));
    });
  });
}
