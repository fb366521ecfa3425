import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { ElementType, intsAttribute, makeModel, makeNode, makeTensor, makeValueInfo, writeModel } from '@pellucid/onnx-graph';
import type { Cell } from '../src/cell.ts';
import { run } from '../src/program.ts';

const folder = mkdtempSync(join(tmpdir(), 'perf-test-'));
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

/** A network of one convolution and one dense layer. */
function writeTinyModel(): void {
  const elementType = ElementType.FLOAT;
  const waves = (size: number): number[] => Array.from({ length: size }, (_, i) => Math.sin(i + 1));
  const model = makeModel({
    name: 'tiny', opset: 17, producer: 'test',
    initializers: [makeTensor('w', elementType, [4, 1, 3, 3], waves(36)), makeTensor('d', elementType, [256, 3], waves(768))],
    nodes: [
      makeNode('Conv', ['x', 'w'], ['c'], [intsAttribute('pads', [1, 1, 1, 1])]), makeNode('Relu', ['c'], ['r']), makeNode('Flatten', ['r'], ['f']),
      makeNode('MatMul', ['f', 'd'], ['logits']),
    ],
    inputs: [makeValueInfo('x', { elementType, shape: ['n', 1, 8, 8] })], outputs: [makeValueInfo('logits', { elementType, shape: ['n', 3] })],
  });
  writeFileSync(join(folder, 'tiny.onnx'), writeModel(model));
}

async function perf(...args: readonly string[]): Promise<{ readonly status: number; readonly printed: string; readonly reported: string }> {
  const lines = { print: [] as string[], report: [] as string[] };
  const status = await run(args, { folder, print: (text) => lines.print.push(text), report: (text) => lines.report.push(text) });
  return { status, printed: lines.print.join('\n'), reported: lines.report.join('\n') };
}

test('measures a model of its own without a peer, prints a table and writes the figures', async () => {
  writeTinyModel();
  const methods = ['forward', 'saliency', 'integrated-gradients', 'occlusion', 'smoothgrad', 'start'];
  const { status, printed, reported } = await perf('--models', 'tiny.onnx', '--methods', methods.join(), '--rounds', '1', '--seconds', '0.001', '--out', 'figures.json');
  expect(reported).toContain('ours alone');
  expect(status).toBe(0);
  expect(printed.split('\n')).toHaveLength(1 + methods.length);
  const { cells, threads, machine } = JSON.parse(readFileSync(join(folder, 'figures.json'), 'utf8')) as {
    readonly cells: readonly Cell[]; readonly threads: number; readonly machine: Readonly<Record<string, unknown>>;
  };
  expect(threads).toBe(2);
  expect(machine).toHaveProperty('processor');
  expect(cells.map(({ model, backend, method, batch, unit }) => [model, backend, method, batch, unit]))
    .toEqual(methods.map((method) => ['tiny', 'onnxruntime', method, 1, 'ms']));
  for (const { ours, peer, ratio, overForward, method } of cells) {
    expect(ours).toBeGreaterThan(0);
    expect([peer, ratio]).toEqual([null, null]);
    if (method === 'start') expect(overForward).toBeNull();
    else expect(overForward).toBeGreaterThan(0);
  }
});

test('a backend that does not read a model leaves it out, and says so', async () => {
  writeTinyModel();
  const { status, reported } = await perf('--models', 'tiny.onnx', '--methods', 'forward', '--backends', 'tfjs/cpu', '--out', 'none.json');
  expect(status).toBe(0);
  expect(reported).toContain('does not read');
});

test('what fails is a row that says why, and the rest go on', async () => {
  writeTinyModel();
  writeFileSync(join(folder, 'damaged.onnx'), 'no model');
  const args = ['--models', 'damaged.onnx,tiny.onnx', '--methods', 'forward,guided-backprop,start', '--rounds', '1', '--seconds', '0.001', '--out', 'some.json'];
  const { status, printed, reported } = await perf(...args);
  expect(status).toBe(0);
  const { cells } = JSON.parse(readFileSync(join(folder, 'some.json'), 'utf8')) as { readonly cells: readonly Cell[] };
  expect(cells.map(({ model, method, ours, error }) => [model, method, ours !== null, error !== null])).toEqual([
    ['damaged', 'forward', false, true], ['damaged', 'guided-backprop', false, true], ['damaged', 'start', false, true],
    ['tiny', 'forward', true, false], ['tiny', 'guided-backprop', true, false], ['tiny', 'start', true, false],
  ]);
  expect(printed).toMatch(/damaged +onnxruntime +forward .*failed: .*damaged/);
  expect(reported).toContain('damaged');
});

test('a peer that does not run ends the program before anything is measured', async () => {
  writeTinyModel();
  // Node.js does not read Python.
  const { status, reported, printed } = await perf('--models', 'tiny.onnx', '--methods', 'forward', '--peer-python', process.execPath, '--out', 'never.json');
  expect(status).toBe(2);
  expect(reported).toContain('--peer-python');
  expect(printed).toBe('');
});

test.each([
  [['--methods', 'saliensy'], 'saliensy'], [['--models', 'no-such-network'], 'no-such-network'], [['--backends', 'torch'], 'torch'],
  [['--rounds', '0'], '--rounds'], [['--no-such-option'], '--help'], [['--models', 'resnet18', '--model-dir', 'empty'], '--peer-python'],
  [['--models', 'resnet18', '--model-dir', 'empty', '--peer-python', './no-such-python'], '--peer-python'],
])('a request that cannot be met ends with status 2 and says what is wrong: %j', async (args, told) => {
  const { status, reported, printed } = await perf(...args);
  expect(status).toBe(2);
  expect(reported).toContain(told);
  expect(printed).toBe('');
});

test('explains itself', async () => {
  const { status, printed } = await perf('--help');
  expect(status).toBe(0);
  expect(printed).toContain('--peer-python');
});
