import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { decodeNpy, encodeNpy, type Tensor } from '@pellucid/core';
import { pellucid } from './pellucid.ts';
import { TFJS_TWO_INPUTS, writeTwoInputs } from './two-inputs.ts';

const X: Tensor = { shape: [2, 4], data: Float32Array.of(1, 2, 3, 4, -1, 0.5, 2, 1) };
const SCALE: Tensor = { shape: [1, 4], data: Float32Array.of(2, 1, 3, 0.5) };
/** A row per sample. */
const SCALES: Tensor = { shape: [2, 4], data: Float32Array.of(2, 1, 3, 0.5, 1, 4, 2, 3) };

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pellucid-cli-'));
  writeFileSync(join(folder, 'two.onnx'), writeTwoInputs([1, 4]));
  writeFileSync(join(folder, 'two.json'), JSON.stringify(TFJS_TWO_INPUTS));
  for (const [name, values] of Object.entries({ x: X, scale: SCALE, scales: SCALES })) writeFileSync(join(folder, `${name}.npy`), encodeNpy(values));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** d (x s)^2 / dx at one class of every sample: 2 x s^2 there. */
const slopes = (scale: (sample: number) => number, target: number): number[] =>
  Array.from(X.data, (x, i) => (i % 4 === target ? 2 * x * scale(Math.floor(i / 4)) ** 2 : 0));

// Products with 0 may be -0.
const explained = (out: string, name = 'x'): number[] => Array.from(decodeNpy(readFileSync(join(folder, out, `${name}.saliency.npy`)), '').data, (value) => value + 0);

test.each(['two.onnx', 'two.json'])('explain takes the values of further inputs: %s', async (model) => {
  const cpu = model.endsWith('json') ? ['--engine', 'cpu'] : [];
  const common = ['explain', model, 'x.npy', '--method', 'saliency', '--options', '{"absolute":false}', '--target', '2', '--input', 'x', ...cpu];
  const one = await pellucid(folder, ...common, '--bind', 'scale=scale.npy', '--out', `${model}.one`);
  expect(one).toMatchObject({ status: 0 });
  expect(explained(`${model}.one`)).toEqual(slopes(() => 3, 2));
  expect(JSON.parse(readFileSync(join(folder, `${model}.one/x.saliency.json`), 'utf8'))).toMatchObject({ bound: { scale: 'scale.npy' } });
  // A row per sample goes with the samples in their order.
  expect(await pellucid(folder, ...common, '--bind', 'scale=scales.npy', '--out', `${model}.each`)).toMatchObject({ status: 0 });
  expect(explained(`${model}.each`)).toEqual(slopes((sample) => SCALES.data[4 * sample + 2]!, 2));
});

test('methods that repeat samples keep each with the values that are bound for it', async () => {
  const options = '{"steps":4}';
  for (const [model, ...engine] of [['two.onnx'], ['two.json', '--engine', 'cpu']] as const) {
    const run = await pellucid(folder, 'explain', model, 'x.npy', '--method', 'integrated-gradients', '--options', options, '--target', '2', '--input', 'x', '--bind', 'scale=scales.npy', '--out', 'paths', ...engine);
    expect(run).toMatchObject({ status: 0 });
    // Of (x s)^2 from zero the map is the value itself.
    const values = decodeNpy(readFileSync(join(folder, 'paths/x.integrated-gradients.npy')), '').data;
    for (const sample of [0, 1]) expect(values[4 * sample + 2]).toBeCloseTo((X.data[4 * sample + 2]! * SCALES.data[4 * sample + 2]!) ** 2, 4);
  }
});

test('what is not bound is explained', async () => {
  const { status } = await pellucid(folder, 'explain', 'two.onnx', 'scale.npy', '--method', 'saliency', '--options', '{"absolute":false}', '--target', '0', '--bind', 'x=scale.npy', '--out', 'other');
  expect(status).toBe(0);
  expect(explained('other', 'scale')).toEqual([2 * 2 * 2 ** 2, 0, 0, 0]);
});

test('layers lists what depends on the explained input', async () => {
  for (const model of ['two.onnx', 'two.json']) {
    const { status, stdout } = await pellucid(folder, 'layers', model, '--bind', 'scale=scale.npy', '--json');
    expect(status).toBe(0);
    expect((JSON.parse(stdout) as { name: string; shape: unknown }[]).map(({ shape }) => shape)).toContainEqual([null, 4]);
  }
});
