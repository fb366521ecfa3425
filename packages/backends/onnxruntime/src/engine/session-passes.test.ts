import { copyWith, ElementType, intAttribute, intsAttribute, makeModel, makeNode, makeTensor, makeValueInfo, replaceParts, writeModel, type OnnxModel } from '@pellucid/onnx-graph';
import { readModelFile } from '@pellucid/onnx-graph/files';
import { afterAll, expect, test } from '@jest/globals';
import * as onnxruntime from 'onnxruntime-node';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { constantWeights } from './constant-weights.ts';
import { LARGE_WEIGHTS, packOutside, packWhole, type PackedModel } from './external-weights.ts';
import { leaveLargeMatrices } from './large-matrices.ts';

const { FLOAT } = ElementType;
const WIDTH = 256;
const values = (length: number, scale: number): Float32Array => Float32Array.from({ length }, (_, i) => scale * Math.sin(i));

/** y = relu(x W + b) V^T, and W once more as an operand of another kind where `shared`. */
function dense(shared = false): OnnxModel {
  return makeModel({
    name: 'dense', opset: 17, producer: 'test',
    nodes: [
      makeNode('MatMul', ['x', 'W'], ['a']), makeNode('Add', ['a', 'b'], ['c']), makeNode('Relu', ['c'], ['r']),
      makeNode('Gemm', ['r', 'V'], ['y'], [intAttribute('transB', 1)]),
      ...(shared ? [makeNode('Transpose', ['W'], ['t'])] : []),
    ],
    initializers: [
      makeTensor('W', FLOAT, [WIDTH, WIDTH], values(WIDTH * WIDTH, 0.1)), makeTensor('b', FLOAT, [WIDTH], values(WIDTH, 1)),
      makeTensor('V', FLOAT, [WIDTH, WIDTH], values(WIDTH * WIDTH, 0.2)),
    ],
    inputs: [makeValueInfo('x', { elementType: FLOAT, shape: ['batch', WIDTH] })],
    outputs: [makeValueInfo('y', { elementType: FLOAT, shape: ['batch', WIDTH] })],
  });
}

const folder = mkdtempSync(join(tmpdir(), 'pellucid-passes-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** The model as it is read from a file whose weights stay there. */
function fromFile(path: string): OnnxModel {
  writeFileSync(path, writeModel(dense()));
  return readModelFile(path, 'dense', 0).model;
}

/** What a packed model answers to one batch. */
async function answer({ bytes, externalData, entries }: PackedModel, rows: number): Promise<Float32Array> {
  const session = await onnxruntime.InferenceSession.create(bytes, { logSeverityLevel: 3, externalData: [...externalData], extra: { session: entries } });
  try {
    const { y } = await session.run({ x: new onnxruntime.Tensor('float32', values(rows * WIDTH, 1), [rows, WIDTH]) });
    return Float32Array.from(y?.data as Float32Array);
  } finally {
    await session.release();
  }
}

const whole = (rows: number): Promise<Float32Array> => answer(packWhole(dense()), rows);

test('weights that stay in a file give what weights inside the model give, to the bit', async () => {
  const model = fromFile(join(folder, 'ünï code.onnx'));
  const packed = packOutside(model);
  expect(packed.bytes.length).toBeLessThan(4096);
  expect(packed.entries).toEqual({ model_external_initializers_file_folder_path: folder });
  expect(await answer(packed, 3)).toEqual(await whole(3));
});

test('weights in files of several folders are found too', async () => {
  const [first, second] = ['one', 'two'].map((name) => {
    mkdirSync(join(folder, name));
    return fromFile(join(folder, name, 'model.onnx'));
  });
  const [, , other] = second?.graph.initializer ?? [];
  const model = replaceParts(first ?? dense(), { initializer: [...(first?.graph.initializer.slice(0, 2) ?? []), ...(other ? [other] : [])] });
  const packed = packOutside(model);
  expect(packed.bytes.length).toBeLessThan(4096);
  expect(await answer(packed, 2)).toEqual(await whole(2));
});

test('a file that was replaced is an error, not other weights', () => {
  const path = join(folder, 'replaced.onnx');
  const model = fromFile(path);
  copyFileSync(path, join(folder, 'copy.onnx'));
  rmSync(path);
  copyFileSync(join(folder, 'copy.onnx'), path);
  expect(() => packOutside(model)).toThrow(expect.objectContaining({ code: 'DATA_MISSING', message: expect.stringContaining('has changed') }));
});

test('large weights in memory are handed over, small ones stay in the model', async () => {
  const model = dense();
  expect(packOutside(model).externalData).toEqual([]);
  // A constant that nothing reads makes the weights large.
  const ballast = makeTensor('ballast', FLOAT, [LARGE_WEIGHTS / 4], new Float32Array(LARGE_WEIGHTS / 4));
  const packed = packOutside(replaceParts(model, { initializer: [...model.graph.initializer, ballast] }));
  expect(packed.externalData.map(({ data }) => data.length)).toEqual([4 * WIDTH * WIDTH, 4 * WIDTH * WIDTH, LARGE_WEIGHTS]);
  expect(packed.bytes.length).toBeLessThan(8192);
  expect(await answer(packed, 2)).toEqual(await whole(2));
});

test('large second factors become inputs with a default, and nothing else does', async () => {
  const inputs = (model: OnnxModel): readonly string[] => leaveLargeMatrices(model, WIDTH * WIDTH).graph.input.map(({ name }) => name);
  expect(inputs(dense())).toEqual(['x', 'W', 'V']);
  expect(inputs(dense(true))).toEqual(['x', 'V']);
  expect(leaveLargeMatrices(dense()).graph.input.map(({ name }) => name)).toEqual(['x']);
  for (const rows of [1, 3, 17]) {
    const [left, plain] = [await answer(packWhole(leaveLargeMatrices(dense(), 1000)), rows), await whole(rows)];
    const scale = Math.max(...plain.map(Math.abs));
    // Sums of 256 products in another order.
    expect(Math.max(...plain.map((value, i) => Math.abs(value - (left[i] ?? NaN))))).toBeLessThan(1e-5 * scale);
  }
});

test('a large matrix that a product reads transposed is one too, but not one that is transposed for anything else', async () => {
  const square = makeTensor('W', FLOAT, [WIDTH, WIDTH], values(WIDTH * WIDTH, 0.1));
  const type = { elementType: FLOAT, shape: ['batch', WIDTH] };
  const transposed = (...others: Parameters<typeof makeNode>[]): OnnxModel => makeModel({
    name: 'transposed', opset: 17, producer: 'test', initializers: [square], inputs: [makeValueInfo('x', type)], outputs: [makeValueInfo('y', type)],
    nodes: [makeNode('Transpose', ['W'], ['t'], [intsAttribute('perm', [1, 0])]), makeNode('MatMul', ['x', 't'], ['y']), ...others.map((parts) => makeNode(...parts))],
  });
  const left = leaveLargeMatrices(transposed(), 1000);
  expect(left.graph.input.map(({ name }) => name)).toEqual(['x', 'W']);
  expect(leaveLargeMatrices(transposed(['Relu', ['t'], ['r']]), 1000).graph.input.map(({ name }) => name)).toEqual(['x']);
  const [plain, answered] = [await answer(packWhole(transposed()), 3), await answer(packWhole(left), 3)];
  const scale = Math.max(...plain.map(Math.abs));
  expect(Math.max(...plain.map((value, i) => Math.abs(value - (answered[i] ?? NaN))))).toBeLessThan(1e-5 * scale);
});

test('stored values that are listed as inputs become constants, also in files of the first versions', async () => {
  const listed = replaceParts(dense(), { input: [...dense().graph.input, ...['W', 'V'].map((name) => makeValueInfo(name, { elementType: FLOAT, shape: [WIDTH, WIDTH] }))] });
  const early = { ...listed, proto: copyWith(listed.proto, { irVersion: 3n }) };
  for (const model of [listed, early]) {
    const constant = constantWeights(model);
    expect(constant.graph.input.map(({ name }) => name)).toEqual(['x']);
    expect(constant.proto.graph).toBe(constant.graph);
    expect(await answer(packWhole(constant), 2)).toEqual(await whole(2));
  }
  expect(constantWeights(early).proto.irVersion).toBe(4n);
  const plain = dense();
  expect(constantWeights(plain)).toBe(plain);
});
