import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { loadModel as loadOnnx } from '@pellucid/backend-onnxruntime';
import { loadModel as loadTfjs } from '@pellucid/backend-tfjs';
import { activationOf, argmax, convertLayout, gradientAt, INPUT, sampleData, sliceBatch, type LabelledImages, type ModelAdapter, type Tensor } from '@pellucid/core';
import { embeddedDataset } from '@pellucid/datasets';
import type { ZooEntry } from './zoo-entry.ts';
import { zooModel, zooModels } from './zoo.ts';

const largestDifference = (a: Tensor, b: Tensor): number => {
  expect(a.shape).toEqual(b.shape);
  return a.data.reduce((most, value, i) => Math.max(most, Math.abs(value - b.data[i]!)), 0);
};

const accuracy = (logits: Tensor, labels: Int32Array): number =>
  labels.filter((label, sample) => argmax(sampleData(logits, sample)) === label).length / labels.length;

test('an unknown name is refused with the nearest ones', async () => {
  const find = async (name: string): Promise<ZooEntry> => zooModel(name);
  await expect(find('plain-cn')).rejects.toMatchObject({ code: 'METHOD_UNKNOWN', details: { help: expect.stringContaining('plain-cnn') } });
  expect((await find('residual-cnn')).name).toBe('residual-cnn');
});

test('names are unique', () => {
  expect(new Set(zooModels.map(({ name }) => name)).size).toBe(zooModels.length);
});

describe.each(zooModels)('$name', (entry) => {
  const { onnx, tfjs } = entry;
  let onOnnx: ModelAdapter<'activations' | 'gradient'>;
  let onTfjs: ModelAdapter<'activations' | 'gradient'>;
  let data: LabelledImages;
  beforeAll(async () => {
    onOnnx = await loadOnnx(onnx.path);
    onTfjs = await loadTfjs(tfjs.path, { engine: 'wasm' });
    data = embeddedDataset({ split: 'test', count: entry.data.testImages, seed: entry.data.seed });
  });
  afterAll(async () => {
    await onOnnx.dispose();
    await onTfjs.dispose();
  });

  test('its files are those that were recorded, small, in both formats', () => {
    const files = [onnx, tfjs, tfjs.weights];
    for (const { path, sha256 } of files) {
      expect(existsSync(path)).toBe(true);
      expect(createHash('sha256').update(readFileSync(path)).digest('hex')).toBe(sha256);
    }
    expect(files.reduce((sum, { path }) => sum + statSync(path).size, 0)).toBeLessThan(300_000);
  });

  test('both formats give the same logits and reach the recorded accuracy', async () => {
    const { logits } = await onTfjs.evaluate({ input: data.images });
    const other = await onOnnx.evaluate({ input: convertLayout(data.images, 'NHWC', 'NCHW') });
    // Rounding errors grow with the logits.
    const scale = logits.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    expect(largestDifference(other.logits, logits)).toBeLessThan(1e-5 * Math.max(scale, 1));
    expect(accuracy(logits, data.labels)).toBe(entry.accuracy);
    expect(accuracy(other.logits, data.labels)).toBe(entry.accuracy);
    expect(entry.accuracy).toBeGreaterThanOrEqual(0.85);
    expect(entry.accuracy).toBeLessThanOrEqual(0.98);
    expect(entry.classNames).toEqual(data.classNames);
  });

  test('every layer has the same name in both formats, and both give the same gradients', async () => {
    expect(onOnnx.layers.map(({ name }) => name)).toEqual(expect.arrayContaining(onTfjs.layers.map(({ name }) => name)));
    const layer = onTfjs.layers.findLast(({ layout }) => layout === 'NHWC')?.name ?? '';
    const input = sliceBatch(data.images, 0, 8);
    const ask = { activations: [layer], gradient: { of: { kind: 'logit', targets: [...data.labels.slice(0, 8)] }, at: [INPUT] } } as const;
    const here = await onTfjs.evaluate({ ...ask, input });
    const there = await onOnnx.evaluate({ ...ask, input: convertLayout(input, 'NHWC', 'NCHW') });
    expect(largestDifference(convertLayout(activationOf(there, layer), 'NCHW', 'NHWC'), activationOf(here, layer))).toBeLessThan(1e-4);
    expect(largestDifference(convertLayout(gradientAt(there, INPUT), 'NCHW', 'NHWC'), gradientAt(here, INPUT))).toBeLessThan(1e-4);
  });
});
