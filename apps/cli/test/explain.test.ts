import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { loadModel } from '@pellucid/backend-onnxruntime';
import { decodeNpy, encodeNpy, explain, zeros } from '@pellucid/core';
import { loadImage } from '@pellucid/datasets';
import { saliency } from '@pellucid/method-saliency';
import sharp from 'sharp';
import { NETWORK, ONNX_MODEL, pellucid, TFJS_MODEL, writePhotograph } from './pellucid.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pellucid-cli-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const readJson = (name: string): Record<string, unknown> => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Record<string, unknown>;

test('an image and a method give the raw map, how it was made and a picture', async () => {
  const image = await writePhotograph(join(folder, 'cat.png'), 64, 48);
  const { status, stdout, stderr } = await pellucid(folder, 'explain', ONNX_MODEL, 'cat.png', '--method', 'saliency', '--preprocess', 'unit');
  expect({ status, stderr: stderr.replace(/^\d+ % .*\n/gm, '') }).toEqual({ status: 0, stderr: '' });
  expect(readdirSync(join(folder, 'maps')).sort()).toEqual(['cat.saliency.json', 'cat.saliency.npy', 'cat.saliency.png']);
  expect(stdout).toMatch(/^cat\.png: class \d, probability 0\.\d{4}\n {2}maps\/cat\.saliency\.npy\n {2}maps\/cat\.saliency\.json\n {2}maps\/cat\.saliency\.png\n$/);

  const model = await loadModel(ONNX_MODEL);
  const expected = await explain(model, saliency(), { input: await loadImage(image, model.input, 'unit') });
  await model.dispose();
  const written = decodeNpy(readFileSync(join(folder, 'maps/cat.saliency.npy')), 'cat.saliency.npy');
  expect(written.shape).toEqual(expected.values.shape);
  expect(written.data).toEqual(expected.values.data);

  const record = readJson('maps/cat.saliency.json');
  expect(record).toMatchObject({
    method: 'saliency',
    targets: expected.provenance.targets,
    model: expected.provenance.model,
    passes: { forward: 1, backward: 1 },
    input: { file: 'cat.png', preprocessing: { name: 'unit' } },
    predictions: [{ predicted: { class: expected.provenance.targets[0] } }],
  });
  const { width = 0, height = 0 } = await sharp(join(folder, 'maps/cat.saliency.png')).metadata();
  expect(Math.min(width, height)).toBeGreaterThanOrEqual(448);
});

test('several inputs and methods also give one page with all of it', async () => {
  mkdirSync(join(folder, 'a/b'), { recursive: true });
  await writePhotograph(join(folder, 'a/cat.png'), 40, 40);
  await writePhotograph(join(folder, 'a/b/cat.jpg'), 50, 40);
  writeFileSync(join(folder, 'labels.txt'), NETWORK.classNames.map((name, i) => `n0000000${i} ${name}, or so\n`).join(''));
  const { status, stdout } = await pellucid(
    folder, 'explain', ONNX_MODEL, 'a/cat.png', 'a/b/cat.jpg', '--method', 'grad-cam', '--method', '@pellucid/method-input-x-gradient',
    '--options', '{"grad-cam":{"upsample":false}}', '--target', '1,2', '--labels', 'labels.txt', '--out', 'out/deep',
  );
  expect(status).toBe(0);
  expect(readdirSync(join(folder, 'out/deep')).sort()).toEqual([
    'cat-2.grad-cam.json', 'cat-2.grad-cam.npy', 'cat-2.grad-cam.png',
    'cat-2.input-x-gradient.json', 'cat-2.input-x-gradient.npy', 'cat-2.input-x-gradient.png',
    'cat.grad-cam.json', 'cat.grad-cam.npy', 'cat.grad-cam.png',
    'cat.input-x-gradient.json', 'cat.input-x-gradient.npy', 'cat.input-x-gradient.png',
    'grid.png',
  ]);
  expect(readJson('out/deep/cat.grad-cam.json')).toMatchObject({ targets: [1], predictions: [{ explained: { class: 1, label: `${NETWORK.classNames[1]!}, or so` } }] });
  expect(readJson('out/deep/cat-2.grad-cam.json')).toMatchObject({ targets: [2], options: { upsample: false } });
  expect(stdout).toContain('out/deep/grid.png');
});

test('an array is used as it is, a batch gives a map per sample', async () => {
  const model = await loadModel(ONNX_MODEL);
  const shape = model.input.shape.slice(1).map((length) => length ?? 1);
  const batch = { shape: [3, ...shape], data: zeros([3, ...shape]).data.map((_, i) => Math.sin(i)) };
  writeFileSync(join(folder, 'batch.npy'), encodeNpy(batch));
  writeFileSync(join(folder, 'sample.npy'), encodeNpy({ shape, data: batch.data.slice(0, batch.data.length / 3) }));
  const { status, stdout } = await pellucid(folder, 'explain', ONNX_MODEL, 'batch.npy', 'sample.npy', '--method', 'saliency');
  expect(status).toBe(0);
  const expected = await explain(model, saliency(), { input: batch });
  await model.dispose();
  const maps = decodeNpy(readFileSync(join(folder, 'maps/batch.saliency.npy')), '');
  expect(maps.shape).toEqual([3, ...shape]);
  expect(maps.data).toEqual(expected.values.data);
  expect(decodeNpy(readFileSync(join(folder, 'maps/sample.saliency.npy')), '').shape).toEqual([1, ...shape]);
  expect(stdout).toContain('batch.npy[2]: class');
});

test('the baseline `mean` is the mean over all inputs', async () => {
  const model = await loadModel(ONNX_MODEL);
  const shape = [1, ...model.input.shape.slice(1).map((length) => length ?? 1)];
  await model.dispose();
  for (const [name, value] of [['a', 0.2], ['b', 0.6]] as const) {
    writeFileSync(join(folder, `${name}.npy`), encodeNpy({ shape, data: zeros(shape).data.fill(value) }));
  }
  const options = (baseline: unknown): string => JSON.stringify({ baseline, steps: 4 });
  const mean = await pellucid(folder, 'explain', ONNX_MODEL, 'a.npy', 'b.npy', '--method', 'integrated-gradients', '--options', options('mean'), '--out', 'mean');
  const fixed = await pellucid(folder, 'explain', ONNX_MODEL, 'a.npy', 'b.npy', '--method', 'integrated-gradients', '--options', options(Math.fround(0.4)), '--out', 'fixed');
  expect([mean.status, fixed.status]).toEqual([0, 0]);
  const read = (name: string): Float32Array => decodeNpy(readFileSync(join(folder, name)), name).data;
  const [a, b] = [read('mean/a.integrated-gradients.npy'), read('fixed/a.integrated-gradients.npy')];
  const scale = Math.max(...b.map(Math.abs));
  a.forEach((value, i) => {
    expect(Math.abs(value - b[i]!)).toBeLessThanOrEqual(1e-5 * scale);
  });
});

test('references are the inputs of the run; one alone has none', async () => {
  for (const name of ['a.png', 'b.png']) await writePhotograph(join(folder, name), name === 'a.png' ? 40 : 60, 40);
  const run = (...inputs: readonly string[]) => pellucid(folder, 'explain', ONNX_MODEL, ...inputs, '--method', 'gradient-shap', '--options', '{"samples":4}');
  const alone = await run('a.png');
  expect({ status: alone.status, stderr: alone.stderr }).toEqual({ status: 2, stderr: expect.stringMatching(/`gradient-shap` with the baseline `references`.*Give several inputs/) });
  expect((await run('a.png', 'b.png')).status).toBe(0);
  expect(decodeNpy(readFileSync(join(folder, 'maps/a.gradient-shap.npy')), 'a').data.some((value) => value !== 0)).toBe(true);
});

test('a tfjs model runs on tfjs', async () => {
  await writePhotograph(join(folder, 'cat.webp'), 40, 40);
  const { status, stderr } = await pellucid(folder, 'explain', TFJS_MODEL, 'cat.webp', '--method', 'saliency', '--engine', 'cpu', '--preprocess', 'unit');
  expect({ status, stderr: stderr.replace(/^\d+ % .*\n/gm, '') }).toEqual({ status: 0, stderr: '' });
  expect(readJson('maps/cat.saliency.json')).toMatchObject({ backend: { name: 'tfjs', engine: 'cpu' } });
});

test('the same seed gives the same files', async () => {
  await writePhotograph(join(folder, 'cat.png'), 40, 40);
  const run = (out: string, seed: string): Promise<{ status: number | null }> =>
    pellucid(folder, 'explain', ONNX_MODEL, 'cat.png', '--method', 'integrated-gradients', '--options', '{"steps":3,"baseline":"random"}', '--seed', seed, '--out', out);
  for (const [out, seed] of [['one', '7'], ['two', '7'], ['three', '8']] as const) expect((await run(out, seed)).status).toBe(0);
  const bytes = (out: string): Buffer => readFileSync(join(folder, out, 'cat.integrated-gradients.npy'));
  expect(bytes('one').equals(bytes('two'))).toBe(true);
  expect(bytes('one').equals(bytes('three'))).toBe(false);
});
