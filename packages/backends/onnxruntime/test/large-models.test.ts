import { gradientAt, INPUT, tensor, type ModelAdapter } from '@pellucid/core';
import { ElementType, makeModel, makeNode, makeTensor, makeValueInfo, replaceParts, writeModel } from '@pellucid/onnx-graph';
import { writeModelFile } from '@pellucid/onnx-graph/files';
import { afterAll, expect, test } from '@jest/globals';
import * as onnxruntime from 'onnxruntime-node';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadModel } from '../src/index.ts';

const { FLOAT } = ElementType;
// Two matrices of 17 MiB: the file counts as large.
const WIDTH = 2100;
const wave = (length: number, scale: number): Float32Array => Float32Array.from({ length }, (_, i) => scale * Math.sin(1.3 * i));
const made = makeModel({
  name: 'wide', opset: 17, producer: 'test',
  nodes: [makeNode('MatMul', ['x', 'W'], ['h']), makeNode('Tanh', ['h'], ['t']), makeNode('MatMul', ['t', 'V'], ['y'])],
  initializers: [makeTensor('W', FLOAT, [WIDTH, WIDTH], wave(WIDTH * WIDTH, 0.03)), makeTensor('V', FLOAT, [WIDTH, WIDTH], wave(WIDTH * WIDTH, 0.02))],
  inputs: [makeValueInfo('x', { elementType: FLOAT, shape: ['batch', WIDTH] })],
  outputs: [makeValueInfo('y', { elementType: FLOAT, shape: ['batch', WIDTH] })],
});
const bytes = writeModel(made);
const input = tensor([2, WIDTH], wave(2 * WIDTH, 1));

const folder = mkdtempSync(join(tmpdir(), 'pellucid-wide-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});
const write = (name: string): string => {
  writeFileSync(join(folder, name), bytes);
  return join(folder, name);
};

async function gradient(loading: Promise<ModelAdapter<'gradient'>>): Promise<{ readonly hash: string; readonly values: Float32Array }> {
  const model = await loading;
  const answer = await model.evaluate({ input, gradient: { of: { kind: 'logit', targets: [3, 2000] }, at: [INPUT] } });
  await model.dispose();
  return { hash: model.hash, values: gradientAt(answer, INPUT).data };
}

test('a large file gives the gradients and the hash that its bytes give', async () => {
  const inMemory = await gradient(loadModel(bytes));
  expect(inMemory.values.some((value) => value !== 0)).toBe(true);
  expect(await gradient(loadModel(write('wide.onnx')))).toEqual(inMemory);
  await writeModelFile(join(folder, 'split.onnx'), made, 1000);
  expect((await gradient(loadModel(join(folder, 'split.onnx')))).values).toEqual(inMemory.values);
});

test('a runtime that cannot map a file gets the weights with the model', async () => {
  const refused: unknown[] = [];
  const unable = {
    Tensor: onnxruntime.Tensor,
    env: onnxruntime.env,
    InferenceSession: {
      create: (content: Uint8Array, options: onnxruntime.InferenceSession.SessionOptions = {}) => {
        const session = options.extra?.['session'] as Record<string, unknown> | undefined;
        if (session?.['model_external_initializers_file_folder_path'] === undefined) return onnxruntime.InferenceSession.create(content, options);
        refused.push(session);
        return Promise.reject(new Error('cannot map the external data'));
      },
    },
  };
  const { values } = await gradient(loadModel(write('unmapped.onnx'), { onnxruntime: unable }));
  expect(values).toEqual((await gradient(loadModel(bytes))).values);
  expect(refused).toHaveLength(2);
});

test('a runtime other than onnxruntime-node gets the weights with the model', async () => {
  const folders: unknown[] = [];
  const other = {
    Tensor: onnxruntime.Tensor,
    env: { versions: { common: '1' } },
    InferenceSession: {
      create: (content: Uint8Array, options: onnxruntime.InferenceSession.SessionOptions = {}) => {
        folders.push(options.externalData, (options.extra?.['session'] as Record<string, unknown>)['model_external_initializers_file_folder_path']);
        return onnxruntime.InferenceSession.create(content, options);
      },
    },
  };
  const model = await loadModel(write('other.onnx'), { onnxruntime: other });
  expect(folders).toEqual([undefined, undefined]);
  await model.dispose();
});

test('a file that changes while its model is in use is an error for what is compiled next', async () => {
  const path = write('changed.onnx');
  const model = await loadModel(path);
  appendFileSync(path, new Uint8Array(1));
  await expect(model.evaluate({ input, gradient: { of: { kind: 'sum-of-logits' }, at: [INPUT] } })).rejects.toMatchObject({
    code: 'DATA_MISSING', message: expect.stringContaining('has changed since the model was loaded'),
  });
  await model.dispose();
});

test('a copy with other weights gets those from memory, and the others from the file that they lie in', async () => {
  const handed: [files: boolean, memory: number][] = [];
  const watched = {
    Tensor: onnxruntime.Tensor,
    env: onnxruntime.env,
    InferenceSession: {
      create: (content: Uint8Array, options: onnxruntime.InferenceSession.SessionOptions = {}) => {
        const session = options.extra?.['session'] as Record<string, unknown> | undefined;
        handed.push([session?.['model_external_initializers_file_folder_path'] !== undefined, content.length]);
        return onnxruntime.InferenceSession.create(content, options);
      },
    },
  };
  const model = await loadModel(write('copied.onnx'), { onnxruntime: watched });
  const other = wave(WIDTH * WIDTH, -0.01);
  const { parameters } = model;
  const copy = parameters?.replace(new Map([['V', tensor([WIDTH, WIDTH], other)]])) ?? Promise.reject(new Error('it shows no parameters'));
  const { values, hash } = await gradient(copy);
  expect(handed.at(-1)?.[0]).toBe(true);
  // One matrix came with the message, the other did not.
  expect(handed.at(-1)?.[1]).toBeLessThan(1.5 * 4 * WIDTH * WIDTH);
  const [W] = made.graph.initializer;
  const expected = await gradient(loadModel(writeModel(replaceParts(made, { initializer: [...(W ? [W] : []), makeTensor('V', FLOAT, [WIDTH, WIDTH], other)] }))));
  expect(values).toEqual(expected.values);
  expect(hash).not.toBe(model.hash);
  await model.dispose();
});
