import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { loadModel } from '@pellucid/backend-onnxruntime';
import { findLayer, gradientAt, INPUT } from '@pellucid/core';
import { declaredType, readModel, writeModel } from '@pellucid/onnx-graph';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { ONNX_MODEL, pellucid } from './pellucid.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pellucid-differentiate-'));
  // As exporters name nodes: after the module that they belong to.
  const model = readModel(readFileSync(ONNX_MODEL), 'net.onnx');
  const convolution = model.graph.node.find(({ opType }) => opType === 'Conv');
  if (!convolution) throw new Error('the network has no convolution');
  convolution.name = '/first/Conv';
  writeFileSync(join(folder, 'net.onnx'), writeModel(model));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

test('the written model gives, in any runtime, the gradients that the library gives, with a free batch axis', async () => {
  const original = await loadModel(join(folder, 'net.onnx'));
  const layer = findLayer(original, 'first');
  const { status, stdout, stderr } = await pellucid(folder, 'differentiate', 'net.onnx', '--wrt', 'inputs,first', '--out', 'gradient.onnx');
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: 'gradient.onnx\n', stderr: '' });
  const { graph } = readModel(readFileSync(join(folder, 'gradient.onnx')), 'gradient.onnx');
  const cotangent = `${original.output.name}/cotangent`;
  expect(graph.input.map(({ name }) => name)).toEqual([original.input.name, cotangent]);
  expect(graph.output.map(({ name }) => name)).toEqual([original.output.name, `${original.input.name}/gradient`, `${layer.name}/gradient`]);
  for (const info of [...graph.input, ...graph.output]) expect(typeof declaredType(info)?.shape?.[0]).not.toBe('number');

  const shape = [3, ...original.input.shape.slice(1).map(Number)];
  const input = { shape, data: Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => Math.sin(i * i)) };
  const targets = [1, 0, 2];
  const weights = { shape: [3, original.classes], data: new Float32Array(3 * original.classes) };
  targets.forEach((target, i) => (weights.data[i * original.classes + target] = 1));
  const session = await InferenceSession.create(join(folder, 'gradient.onnx'), { logSeverityLevel: 3 });
  const answer = await session.run({
    [original.input.name]: new Tensor('float32', input.data, shape), [cotangent]: new Tensor('float32', weights.data, weights.shape),
  });
  const own = await original.evaluate({ input, gradient: { of: { kind: 'logit', targets }, at: [INPUT, layer.name] } });
  for (const [name, point] of [[original.input.name, INPUT], [layer.name, layer.name]] as const) {
    const expected = gradientAt(own, point).data;
    const actual = answer[`${name}/gradient`]?.data as Float32Array;
    const scale = Math.max(...expected.map(Math.abs));
    expect(scale).toBeGreaterThan(0);
    expect(Math.max(...expected.map((value, i) => Math.abs(value - actual[i]!))) / scale).toBeLessThan(1e-5);
  }
  await session.release();
  await original.dispose();
});

test('a backward rule changes the gradient that is written', async () => {
  const written = async (...rules: readonly string[]): Promise<Buffer> => {
    expect((await pellucid(folder, 'differentiate', 'net.onnx', '--wrt', 'inputs', ...rules, '--out', 'rules.onnx')).status).toBe(0);
    return readFileSync(join(folder, 'rules.onnx'));
  };
  expect((await written()).equals(await written('--rules', 'guided-backprop'))).toBe(false);
  expect((await pellucid(folder, 'differentiate', 'net.onnx', '--wrt', 'inputs', '--rules', 'magic', '--out', 'magic.onnx')).status).toBe(2);
});

test('of several models the bad one is reported and the rest go on', async () => {
  writeFileSync(join(folder, 'text.onnx'), 'This is no model.');
  const { status, stdout, stderr } = await pellucid(folder, 'differentiate', 'text.onnx', 'net.onnx', '--wrt', 'inputs', '--out', 'all');
  expect(status).toBe(2);
  expect(stdout).toBe(`${join('all', 'net.onnx')}\n`);
  expect(stderr).toContain('Cannot read `text.onnx` as ONNX');
  expect(stderr).toContain('1 of 2 models could not be differentiated');
  expect(readdirSync(join(folder, 'all'))).toEqual(['net.onnx']);
});

test.each([
  ['an unknown tensor', ['net.onnx', '--wrt', 'elsewhere', '--out', 'x.onnx'], 'Cannot find layer `elsewhere`'],
  ['an unknown output', ['net.onnx', '--wrt', 'inputs', '--of', 'nothing', '--out', 'x.onnx'], 'Cannot find layer `nothing`'],
  ['an empty name', ['net.onnx', '--wrt', 'a,,b', '--out', 'x.onnx'], 'leaves a name out'],
  ['a missing model', ['missing.onnx', '--wrt', 'inputs', '--out', 'x.onnx'], 'there is no such file'],
  ['the model as its own result', ['net.onnx', '--wrt', 'inputs', '--out', 'net.onnx'], 'is the model itself'],
  ['one file for two models', ['net.onnx', 'other.onnx', '--wrt', 'inputs', '--out', 'x.onnx'], 'Give a folder'],
  ['two models of one name', ['net.onnx', './net.onnx', '--wrt', 'inputs', '--out', 'dir'], 'two models are called `net.onnx`'],
  ['a request without --wrt', ['net.onnx', '--out', 'x.onnx'], '--wrt'],
])('refuses %s and writes nothing', async (_, request, message) => {
  const { status, stdout, stderr } = await pellucid(folder, 'differentiate', ...request);
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).toContain(message);
  expect(stderr).not.toMatch(/^\s+at /m);
  expect(existsSync(join(folder, 'x.onnx')) || existsSync(join(folder, 'dir'))).toBe(false);
});

test('a folder that the run made is gone again when nothing could be written', async () => {
  mkdirSync(join(folder, 'kept'), { recursive: true });
  await pellucid(folder, 'differentiate', 'text.onnx', '--wrt', 'inputs', '--out', 'kept/new/deep');
  expect(readdirSync(join(folder, 'kept'))).toEqual([]);
});

const shared = join(__dirname, '../../../../shared/exports');
(existsSync(shared) ? test : test.skip)('a quantised model names the option that lets gradients pass, which then do', async () => {
  const model = join(shared, 'squeezenet/legacy13.int8.onnx');
  const refused = await pellucid(folder, 'differentiate', model, '--wrt', 'inputs', '--out', 'int8.onnx');
  expect(refused.status).toBe(2);
  expect(refused.stderr).toContain('--straight-through');
  expect((await pellucid(folder, 'differentiate', model, '--wrt', 'inputs', '--straight-through', '--out', 'int8.onnx')).status).toBe(0);
});
