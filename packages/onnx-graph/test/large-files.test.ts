import { createHash } from 'node:crypto';
import { appendFileSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { isPellucidError } from '@pellucid/core';
import { afterAll, expect, test } from '@jest/globals';
import { openModelFile, readModelFile, writeModelFile } from '../src/files/index.ts';
import {
  copyWith, ElementType, extractSubgraph, filePlace, makeModel, makeNode, makeTensor, makeValueInfo, rawLength, readModel, replaceParts, tensorValues, writeModel,
  type OnnxModel,
} from '../src/index.ts';

const LENGTH = 20_000;
const ramp = (scale: number): Float32Array => Float32Array.from({ length: LENGTH }, (_, i) => scale * Math.sin(i));
const MODEL: OnnxModel = makeModel({
  name: 'net.onnx', opset: 17, producer: 'test',
  nodes: [makeNode('Mul', ['x', 'w'], ['a']), makeNode('Add', ['a', 's'], ['b']), makeNode('Add', ['b', 'v'], ['y'])],
  initializers: [
    makeTensor('w', ElementType.FLOAT, [LENGTH], ramp(1)), makeTensor('s', ElementType.FLOAT, [1], [0.5]), makeTensor('v', ElementType.FLOAT, [LENGTH], ramp(2)),
  ],
  inputs: [makeValueInfo('x', { elementType: ElementType.FLOAT, shape: ['batch', LENGTH] })],
  outputs: [makeValueInfo('y', { elementType: ElementType.FLOAT, shape: ['batch', LENGTH] })],
});

const folder = mkdtempSync(join(tmpdir(), 'pellucid-large-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});
const write = (name: string, bytes: Uint8Array): string => {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
};

/** 0 for a model that is written as `MODEL` is. */
const difference = (model: OnnxModel): number => Buffer.compare(writeModel(model), writeModel(MODEL));

/** Reads as if every file were large. */
const readLazily = (path: string): ReturnType<typeof readModelFile> => readModelFile(path, basename(path), 0);

test('weights of a large file stay there, and are the same when asked for', () => {
  const path = write('large.onnx', writeModel(MODEL));
  const { model, hash } = readLazily(path);
  const [w, s, v] = model.graph.initializer;
  expect([w, s, v].map((tensor) => tensor && filePlace(tensor)?.length)).toEqual([4 * LENGTH, undefined, 4 * LENGTH]);
  const place = v && filePlace(v);
  const inFile = readFileSync(path).subarray(place?.offset, (place?.offset ?? 0) + (place?.length ?? 0));
  expect(inFile).toEqual(Buffer.from(ramp(2).buffer));
  expect(v && tensorValues(v)).toEqual(ramp(2));
  expect(difference(model)).toBe(0);
  expect(hash).toBe(readModelFile(path).hash);
});

test('copies of a tensor leave its bytes in the file until they get others', () => {
  const { model } = readLazily(write('copies.onnx', writeModel(MODEL)));
  const tensor = extractSubgraph(model, ['a']).graph.initializer[0]!;
  const renamed = copyWith(tensor, { name: 'other' });
  expect(filePlace(renamed)).toBe(filePlace(tensor));
  expect(tensorValues(renamed)).toEqual(ramp(1));
  const replaced = copyWith(renamed, { rawData: new Uint8Array(8) });
  expect(filePlace(replaced)).toBeNull();
  expect(rawLength(replaced)).toBe(8);
});

test('external data of a large file stays there too, and is written to another model', async () => {
  const path = join(folder, 'split.onnx');
  await writeModelFile(path, MODEL, 1000);
  const { model, hash } = readLazily(path);
  expect(model.graph.initializer.map((tensor) => filePlace(tensor)?.path.endsWith('split.onnx.data'))).toEqual([true, undefined, true]);
  expect(difference(model)).toBe(0);
  expect(hash).toBe(readModelFile(path).hash);
  for (const limit of [1000, 2 ** 30]) {
    await writeModelFile(join(folder, 'again.onnx'), model, limit);
    expect(difference(readModelFile(join(folder, 'again.onnx')).model)).toBe(0);
  }
});

test('the hash that is computed aside is that of the file', async () => {
  const path = write('aside.onnx', writeModel(MODEL));
  await expect(openModelFile(path, 'net', 0).hash).resolves.toBe(readModelFile(path).hash);
  const { hash } = openModelFile(path, 'net', 0);
  appendFileSync(path, new Uint8Array(3));
  await expect(hash).rejects.toMatchObject({ code: 'DATA_MISSING' });
});

test('a file that changed since is an error, never other weights', () => {
  const path = write('changed.onnx', writeModel(MODEL));
  const [tensor] = readLazily(path).model.graph.initializer;
  write('next.onnx', writeModel(replaceParts(MODEL, { initializer: MODEL.graph.initializer.map((old) => copyWith(old, { rawData: old.rawData.map((byte) => byte ^ 1) })) })));
  renameSync(join(folder, 'next.onnx'), path);
  expect(() => tensor?.rawData).toThrow(expect.objectContaining({ code: 'DATA_MISSING', message: expect.stringContaining('has changed') }));
  expect(() => tensor && filePlace(tensor)?.verify()).toThrow('has changed');
  rmSync(path);
  expect(() => tensor?.rawData).toThrow(expect.objectContaining({ code: 'DATA_MISSING', message: expect.stringContaining('no longer') }));
});

/** The model that a file holds, written again and hashed, or the code of the error. */
function outcome(read: () => OnnxModel): string {
  try {
    return createHash('sha256').update(writeModel(read())).digest('hex');
  } catch (error) {
    if (isPellucidError(error)) return error.code;
    throw error;
  }
}

test('damaged files give what they give when they are read whole', () => {
  const bytes = writeModel(MODEL);
  // Everything but the inside of the weights: there no reader looks.
  const weights = [bytes.indexOf('w'.charCodeAt(0)) + 40, bytes.length - 60];
  let seed = 7;
  const random = (below: number): number => (seed = (seed * 48271) % 2147483647) % below;
  for (let round = 0; round < 150; round++) {
    const damaged = Uint8Array.from(bytes);
    const place = random(2) === 0 ? random(weights[0]!) : weights[1]! + random(60);
    damaged[place]! ^= 1 << random(8);
    const cut = random(5) === 0 ? damaged.subarray(0, random(damaged.length)) : damaged;
    const path = write('damaged.onnx', cut);
    expect(outcome(() => readLazily(path).model)).toBe(outcome(() => readModel(cut, 'damaged.onnx')));
  }
});
