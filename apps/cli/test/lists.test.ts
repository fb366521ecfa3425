import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { decodeNpy, encodeNpy, zeros } from '@pellucid/core';
import { ElementType, int64Tensor, intAttribute, makeModel, makeNode, makeTensor, makeValueInfo, writeModel } from '@pellucid/onnx-graph';
import { ONNX_MODEL, pellucid } from './pellucid.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pellucid-cli-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** Every method of this repository comes along: a package is named after the method that it holds. */
const BROUGHT = Object.keys((JSON.parse(readFileSync(join(__dirname, '../package.json'), 'utf8')) as { readonly dependencies: object }).dependencies)
  .filter((name) => name.startsWith('@pellucid/method-'))
  .map((name) => name.replace('@pellucid/method-', ''))
  .toSorted();

interface Listed {
  readonly name: string;
  readonly package: string;
  readonly options: Readonly<Record<string, { readonly type: string; readonly default: unknown; readonly description: string }>>;
}

test('methods lists the methods that come along, with their options', async () => {
  const { status, stdout } = await pellucid(folder, 'methods', '--json');
  expect(status).toBe(0);
  const methods = JSON.parse(stdout) as Listed[];
  expect(methods.map(({ name }) => name)).toEqual(BROUGHT);
  expect(methods.find(({ name }) => name === 'integrated-gradients')).toMatchObject({
    title: 'Integrated Gradients',
    needs: ['gradient'],
    package: '@pellucid/method-integrated-gradients',
    paper: { year: 2017 },
    options: { steps: { type: 'integer >= 1', default: 50 } },
  });
  const table = await pellucid(folder, 'methods');
  for (const name of BROUGHT) expect(table.stdout).toContain(name);
});

test('methods of packages in the project are found and run, a broken one is left out with its reason', async () => {
  const install = (name: string, exports: string, program: string): void => {
    mkdirSync(join(folder, 'node_modules', name), { recursive: true });
    writeFileSync(join(folder, 'node_modules', name, 'package.json'), JSON.stringify({ name, type: 'module', exports: `./${exports}`, pellucid: { methods: ['mine'] } }));
    writeFileSync(join(folder, 'node_modules', name, 'index.js'), program);
  };
  install('@me/method-mine', 'index.js', `
    const description = { name: 'mine', title: 'Mine', kind: 'local', needs: [], paper: { authors: 'I', year: 2026, title: 'Mine', url: 'https://example.org' } };
    export const mine = () => ({ description, options: {}, explain: async (model, { input }) => ({ values: { shape: input.shape, data: input.data.map((x) => 2 * x) } }) });
    Object.defineProperties(mine, Object.fromEntries(Object.entries({ ...description, options: {} }).map(([key, value]) => [key, { value, enumerable: true }])));`);
  install('broken', 'index.js', 'throw new Error("out of order");');
  mkdirSync(join(folder, 'deeper'));
  const { status, stdout, stderr } = await pellucid(join(folder, 'deeper'), 'methods', '--json');
  expect(status).toBe(0);
  expect((JSON.parse(stdout) as Listed[]).map(({ name }) => name)).toEqual([...BROUGHT, 'mine'].toSorted());
  expect(stderr).toContain('broken is left out: out of order');

  const shape = [1, 3, 32, 32];
  const input = zeros(shape).data.map((_, i) => i / 3072);
  writeFileSync(join(folder, 'deeper/slope.npy'), encodeNpy({ shape, data: input }));
  expect((await pellucid(join(folder, 'deeper'), 'explain', ONNX_MODEL, 'slope.npy', '--method', '@me/method-mine')).status).toBe(0);
  expect(decodeNpy(readFileSync(join(folder, 'deeper/maps/slope.mine.npy')), '').data).toEqual(input.map((x) => 2 * x));
});

test('layers lists name, operator, shape and aliases', async () => {
  const { status, stdout } = await pellucid(folder, 'layers', ONNX_MODEL, '--json');
  expect(status).toBe(0);
  const layers = JSON.parse(stdout) as { name: string; operator: string; shape: (number | null)[]; aliases: string[] }[];
  const conv = layers.find(({ operator }) => operator === 'Conv');
  expect(conv?.shape).toHaveLength(4);
  const table = await pellucid(folder, 'layers', ONNX_MODEL);
  expect(table.stdout.split('\n')[0]).toMatch(/^NAME +OPERATOR +SHAPE +ALIASES$/);
  expect(table.stdout.trimEnd().split('\n')).toHaveLength(layers.length + 1);
});

test('layers leaves out names that several layers have', async () => {
  const info = (name: string) => makeValueInfo(name, { elementType: ElementType.FLOAT, shape: [1, 4] });
  const nodes = ['/a/relu/Relu', '/b/relu/Relu'].map((name, i) => {
    const node = makeNode('Relu', [i === 0 ? 'x' : '/a/relu/Relu_output_0'], [`${name}_output_0`]);
    node.name = name;
    return node;
  });
  writeFileSync(join(folder, 'twice.onnx'), writeModel(makeModel({
    name: 'twice', opset: 17, producer: 'test', nodes, initializers: [], inputs: [info('x')], outputs: [info('/b/relu/Relu_output_0')],
  })));
  const layers = JSON.parse((await pellucid(folder, 'layers', 'twice.onnx', '--json')).stdout) as { aliases: string[] }[];
  expect(layers.map(({ aliases }) => aliases)).toEqual([expect.arrayContaining(['/a/relu/Relu', 'a.relu']), expect.arrayContaining(['/b/relu/Relu', 'b.relu'])]);
  expect(layers.flatMap(({ aliases }) => aliases)).not.toContain('relu');
});

test.each([
  ['Reshape', 'freed', /its batch axis is freed/], ['Gather', 1, /batches run sample by sample/],
])('layers says what becomes of batches where a model counts on one sample (%s)', async (operator, batch, words) => {
  const info = (name: string, shape: number[]) => makeValueInfo(name, { elementType: ElementType.FLOAT, shape });
  const first = operator === 'Reshape' ? [] : [makeNode('Gather', ['x', 'zero'], ['row'], [intAttribute('axis', 0)])];
  const nodes = [...first, makeNode('Reshape', [operator === 'Reshape' ? 'x' : 'row', 'target'], ['flat']), makeNode('Relu', ['flat'], ['y'])];
  const initializers = [int64Tensor('target', [1, 4]), makeTensor('zero', ElementType.INT64, [], [0])];
  const model = makeModel({ name: 'one', opset: 17, producer: 'test', nodes, initializers, inputs: [info('x', [1, 2, 2])], outputs: [info('y', [1, 4])] });
  writeFileSync(join(folder, 'one.onnx'), writeModel(model));
  expect((await pellucid(folder, 'layers', 'one.onnx')).stdout).toMatch(words);
  for (const layer of JSON.parse((await pellucid(folder, 'layers', 'one.onnx', '--json')).stdout) as { batch: unknown }[]) expect(layer.batch).toBe(batch);
});

test('layers shows a first axis free only where it follows the batch', async () => {
  const info = (name: string, shape: (number | string)[]) => makeValueInfo(name, { elementType: ElementType.FLOAT, shape });
  const nodes = [makeNode('Reshape', ['x', 'rows'], ['r']), makeNode('Relu', ['r'], ['h']), makeNode('Reshape', ['h', 'flat'], ['y'])];
  const initializers = [int64Tensor('rows', [6, 64]), int64Tensor('flat', [1, 384])];
  const model = makeModel({ name: 'rows', opset: 17, producer: 'test', nodes, initializers, inputs: [info('x', ['n', 6, 8, 8])], outputs: [info('y', ['n', 384])] });
  writeFileSync(join(folder, 'rows.onnx'), writeModel(model));
  const { stdout } = await pellucid(folder, 'layers', 'rows.onnx');
  expect(stdout).toMatch(/^h +Relu +\[6, 64\]/m);
  expect(stdout).toMatch(/^y +Reshape +\[\?, 384\]/m);
});

test('help says how to use it and ends with status 0', async () => {
  for (const args of [['--help'], ['help'], ['explain', '--help']]) {
    const { status, stdout } = await pellucid(folder, ...args);
    expect(status).toBe(0);
    expect(stdout).toContain('Usage: pellucid');
  }
});

test('a wrapper says that it needs a method, and takes one with options', async () => {
  const { stdout } = await pellucid(folder, 'methods');
  expect(stdout).toMatch(/^noise-tunnel: .*needs what the wrapped method needs\)$/m);
  expect(stdout).toMatch(/^ {4}method +method name, .* required /m);
  writeFileSync(join(folder, 'x.npy'), encodeNpy({ ...zeros([1, 3, 32, 32]), data: new Float32Array(3072).map((_, i) => Math.sin(i)) }));
  const options = JSON.stringify({ samples: 2, method: { name: 'integrated-gradients', options: { steps: 3 } } });
  const { status } = await pellucid(folder, 'explain', ONNX_MODEL, 'x.npy', '--method', 'noise-tunnel', '--options', options, '--out', 'maps');
  expect(status).toBe(0);
  expect(JSON.parse(readFileSync(join(folder, 'maps/x.noise-tunnel.json'), 'utf8'))).toMatchObject({
    options: { samples: 2, method: { name: 'integrated-gradients', options: { steps: 3 } } },
    draws: [2],
  });
  const without = await pellucid(folder, 'explain', ONNX_MODEL, 'x.npy', '--method', 'noise-tunnel', '--out', 'none');
  expect(without.status).toBe(2);
  expect(without.stderr).toMatch(/`method` of `noise-tunnel`/);
});
