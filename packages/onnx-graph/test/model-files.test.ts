import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readModelFile, writeModelFile } from '../src/files/index.ts';
import {
  copyWith, ElementType, makeModel, makeNode, makeTensor, makeValueInfo, readModel, replaceParts, tensorValues, writeModel, type OnnxModel,
} from '../src/index.ts';
import { externalTensor } from '../src/tensor/external-data.ts';

const WEIGHTS = Float32Array.from({ length: 512 }, (_, i) => Math.sin(i));
const MODEL: OnnxModel = makeModel({
  name: 'net.onnx', opset: 17, producer: 'test',
  nodes: [makeNode('Mul', ['x', 'w'], ['a']), makeNode('Add', ['a', 'v'], ['b']), makeNode('Add', ['b', 's'], ['y'])],
  initializers: [
    makeTensor('w', ElementType.FLOAT, [512], WEIGHTS), makeTensor('v', ElementType.FLOAT, [512], WEIGHTS.map((value) => 2 * value)),
    makeTensor('s', ElementType.FLOAT, [1], [0.5]),
  ],
  inputs: [makeValueInfo('x', { elementType: ElementType.FLOAT, shape: ['batch', 512] })],
  outputs: [makeValueInfo('y', { elementType: ElementType.FLOAT, shape: ['batch', 512] })],
});

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pellucid-files-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** A file whose tensor `w` lies elsewhere. */
function refer(name: string, location: string, offset = 0, length: number | null = 2048): string {
  mkdirSync(join(folder, 'models'), { recursive: true });
  const path = join(folder, 'models', name);
  const weights = MODEL.graph.initializer;
  writeFileSync(path, writeModel(replaceParts(MODEL, { initializer: [externalTensor(weights[0]!, { location, offset, length }), ...weights.slice(1)] })));
  return path;
}

test('weights above the limit go to a file beside the model and come back the same', async () => {
  const path = join(folder, 'split.onnx');
  await writeModelFile(path, MODEL, 1000);
  expect(readFileSync(`${path}.data`)).toHaveLength(4096);
  const { model, hash } = readModelFile(path);
  expect(model.name).toBe('split.onnx');
  expect(model.graph.initializer.map((tensor) => [...tensorValues(tensor)])).toEqual(MODEL.graph.initializer.map((tensor) => [...tensorValues(tensor)]));
  expect(writeModel(model)).toEqual(writeModel(MODEL));
  expect(() => readModel(readFileSync(path), 'split.onnx')).toThrow('Load it from its path');
  const data = readFileSync(`${path}.data`);
  data[5]! ^= 1;
  writeFileSync(`${path}.data`, data);
  expect(readModelFile(path).hash).not.toBe(hash);
});

test('a model below the limit is one file, and what the protobuf writer would write', async () => {
  const path = join(folder, 'one.onnx');
  await writeModelFile(path, MODEL);
  expect(readdirSync(folder).filter((name) => name.includes('one.onnx'))).toEqual(['one.onnx']);
  expect(readModel(readFileSync(path), 'net.onnx').proto).toEqual(MODEL.proto);
});

test.each(['../secret', '/etc/hostname', 'a/../../secret', '..\\secret', 'C:\\secret', '\\secret'])('refuses weights outside the folder of the model: %s', (location) => {
  writeFileSync(join(folder, 'secret'), new Uint8Array(2048));
  expect(() => readModelFile(refer('outside.onnx', location))).toThrow('outside the folder of the model');
});

test('refuses a link that leads out of the folder of the model', () => {
  writeFileSync(join(folder, 'secret'), new Uint8Array(2048));
  const path = refer('link.onnx', 'link.data');
  symlinkSync(join(folder, 'secret'), join(folder, 'models/link.data'));
  expect(() => readModelFile(path)).toThrow('leads outside the folder of the model');
});

test('names weights that are missing, cut short, or of another size', () => {
  expect(() => readModelFile(refer('lost.onnx', 'lost.data'))).toThrow(expect.objectContaining({ code: 'DATA_MISSING', message: expect.stringContaining('lost.data') }));
  expect(() => readModelFile(refer('folder.onnx', '.'))).toThrow(expect.objectContaining({ code: 'DATA_MISSING' }));
  const path = refer('short.onnx', 'short.data');
  writeFileSync(join(folder, 'models/short.data'), new Uint8Array(2048));
  expect(readModelFile(path).model.graph.initializer[0]?.rawData).toHaveLength(2048);
  truncateSync(join(folder, 'models/short.data'), 2047);
  expect(() => readModelFile(path)).toThrow('has 2047 bytes, but a tensor lies at 0 to 2048');
  expect(() => readModelFile(refer('rest.onnx', 'short.data', 3000, null))).toThrow('has 2047 bytes, but a tensor lies at 3000 to the end');
  expect(() => readModelFile(refer('rest.onnx', 'short.data', 7, null))).toThrow('holds 2040 bytes, but its shape [512] takes 2048');
  expect(() => readModelFile(refer('huge.onnx', 'short.data', 0, 2 ** 49))).toThrow('Check that the file is complete');
});

test('refuses a pipe, which could be waited for without end, as model and as weights', () => {
  if (process.platform === 'win32') return;
  const path = refer('pipe.onnx', 'pipe');
  execFileSync('mkfifo', [join(folder, 'models/pipe')]);
  expect(() => readModelFile(join(folder, 'models/pipe'))).toThrow(/Cannot find the model in `.*pipe`: it is a pipe or a device/);
  expect(() => readModelFile(path)).toThrow('in `pipe`: it is a pipe or a device');
});

test('refuses places that are no numbers or name no file', () => {
  const weights = MODEL.graph.initializer;
  const place = externalTensor(weights[0]!, { location: 'w', offset: 0, length: 4 });
  const read = (key: string, value: string) => () => {
    const tensor = copyWith(place, { externalData: place.externalData.map((entry) => (entry.key === key ? copyWith(entry, { value }) : entry)) });
    return readModel(writeModel(replaceParts(MODEL, { initializer: [tensor, ...weights.slice(1)] })), 'net', () => new Uint8Array(4));
  };
  for (const value of ['-1', '1e3', 'x', '9'.repeat(30)]) expect(read('offset', value)).toThrow(`has the offset \`${value}\``);
  expect(read('location', '')).toThrow('is not named');
});

test('leaves nothing half-written', async () => {
  mkdirSync(join(folder, 'taken/taken.onnx'), { recursive: true });
  await expect(writeModelFile(join(folder, 'taken/taken.onnx'), MODEL, 10)).rejects.toMatchObject({ code: 'OUTPUT_UNWRITABLE' });
  expect(readdirSync(join(folder, 'taken'))).toEqual(['taken.onnx']);
  await expect(writeModelFile(join(folder, 'nowhere/net.onnx'), MODEL)).rejects.toMatchObject({ code: 'OUTPUT_UNWRITABLE' });
});
