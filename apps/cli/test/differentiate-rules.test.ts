import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { loadModel } from '@pellucid/backend-onnxruntime';
import { explain, type Method, type ModelAdapter, type Tensor as Values } from '@pellucid/core';
import { deconvolution } from '@pellucid/method-deconvolution';
import { deepLift } from '@pellucid/method-deep-lift';
import { guidedBackprop } from '@pellucid/method-guided-backprop';
import { lrp } from '@pellucid/method-lrp';
import { declaredType, ElementType, makeModel, makeNode, makeValueInfo, readModel, writeModel } from '@pellucid/onnx-graph';
import { zooModel } from '@pellucid/zoo';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { pellucid } from './pellucid.ts';

const MODEL = zooModel('residual-cnn').onnx.path;
const TARGETS = [1, 0, 2];

let folder = '';
let model: ModelAdapter;
let input: Values;
let baseline: Values;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'pellucid-rules-'));
  model = (await loadModel(MODEL)) as ModelAdapter;
  const shape = [3, ...model.input.shape.slice(1).map(Number)];
  const wave = (step: number): Values => ({ shape, data: Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => Math.sin(step * i * i) ** 2) });
  [input, baseline] = [wave(1), wave(0.3)];
});
afterAll(async () => {
  await model.dispose();
  rmSync(folder, { recursive: true });
});

interface RuleCase {
  readonly method: () => Method;
  readonly options?: string;
  /** The cotangent of the target: relevance, for LRP. */
  readonly start: (logit: number) => number;
}

const one = (): number => 1;
const relevance = (logit: number): number => logit;
const CASES: Readonly<Record<string, RuleCase>> = {
  'guided-backprop': { method: () => guidedBackprop(), start: one },
  'deconvolution': { method: () => deconvolution(), start: one },
  'deep-lift': { method: () => deepLift({ baseline, multiplyByInputs: false }), start: one },
  'lrp': { method: () => lrp(), start: relevance },
  'epsilon': { method: () => lrp({ composite: 'epsilon', epsilon: 0.01 }), options: '{"epsilon":0.01}', start: relevance },
  'gamma': { method: () => lrp({ composite: 'gamma', gamma: 0.5 }), options: '{"gamma":0.5}', start: relevance },
  'alpha1-beta0': { method: () => lrp({ composite: 'alpha1-beta0' }), start: relevance },
  'z-plus': { method: () => lrp({ composite: 'z-plus' }), start: relevance },
  'lrp-epsilon-plus': { method: () => lrp({ composite: 'epsilon-plus' }), start: relevance },
  'epsilon-plus-flat': { method: () => lrp({ composite: 'epsilon-plus-flat' }), start: relevance },
  'epsilon-plus-w-square': { method: () => lrp({ composite: 'epsilon-plus-w-square' }), start: relevance },
  'epsilon-alpha2-beta1': { method: () => lrp({ composite: 'epsilon-alpha2-beta1' }), start: relevance },
  'epsilon-alpha2-beta1-flat': { method: () => lrp({ composite: 'epsilon-alpha2-beta1-flat' }), start: relevance },
  'epsilon-gamma-box': { method: () => lrp({ composite: 'epsilon-gamma-box', low: -0.5, high: 2 }), options: '{"low":-0.5,"high":2}', start: relevance },
};

test.each(Object.entries(CASES))('%s: the written model gives in any runtime what the method computes, with a free batch axis', async (rules, { method, options, start }) => {
  const written = `${rules}.onnx`;
  const more = options === undefined ? [] : ['--options', options];
  const { status, stdout } = await pellucid(folder, 'differentiate', MODEL, '--wrt', 'inputs', '--rules', rules, ...more, '--out', written);
  expect({ status, stdout }).toEqual({ status: 0, stdout: `${written}\n` });
  const [x, y] = [model.input.name, model.output.name];
  const { graph } = readModel(readFileSync(join(folder, written)), written);
  expect(graph.input.map(({ name }) => name)).toEqual([x, `${y}/cotangent`, ...(rules === 'deep-lift' ? [`${x}/baseline`] : [])]);
  expect(graph.output.map(({ name }) => name)).toEqual([y, `${x}/gradient`]);
  for (const info of [...graph.input, ...graph.output]) expect(typeof declaredType(info)?.shape?.[0]).toBe('string');

  const { output } = await model.evaluate({ input });
  const cotangent = new Float32Array(output.data.length);
  for (const [sample, target] of TARGETS.entries()) cotangent[sample * model.classes + target] = start(output.data[sample * model.classes + target]!);
  const session = await InferenceSession.create(join(folder, written), { logSeverityLevel: 3 });
  const answer = await session.run({
    [x]: new Tensor('float32', input.data, input.shape), [`${y}/cotangent`]: new Tensor('float32', cotangent, output.shape),
    ...(rules === 'deep-lift' && { [`${x}/baseline`]: new Tensor('float32', baseline.data, baseline.shape) }),
  });
  await session.release();
  const { values } = await explain(model, method(), { input, targets: TARGETS });
  const gradient = answer[`${x}/gradient`]?.data as Float32Array;
  const largest = Math.max(...values.data.map(Math.abs));
  expect(largest).toBeGreaterThan(0);
  expect(gradient).toHaveLength(values.data.length);
  // The graphs are the same, but are optimised and cut into batches on their own.
  expect(Math.max(...values.data.map((value, i) => Math.abs(value - gradient[i]!))) / largest).toBeLessThan(1e-5);
  expect(Math.max(...output.data.map((value, i) => Math.abs(value - (answer[y]?.data as Float32Array)[i]!)))).toBeLessThan(1e-4);
});

test.each([
  ['rules that nobody has', ['--rules', 'epsilon-minus'], /`epsilon-minus`.*`epsilon-plus`/],
  ['options that the rules do not have', ['--rules', 'lrp', '--options', '{"gama":1}'], /`gama`.*`gamma`/],
  ['options that contradict the name', ['--rules', 'epsilon', '--options', '{"composite":"gamma"}'], /says something else of `composite`/],
  ['options without rules', ['--options', '{}'], /no `--rules` are named/],
  ['options that are no JSON', ['--rules', 'lrp', '--options', '{'], /it is not JSON/],
])('refuses %s', async (_, request, message) => {
  const { status, stderr } = await pellucid(folder, 'differentiate', MODEL, '--wrt', 'inputs', ...request, '--out', 'refused.onnx');
  expect(status).toBe(2);
  expect(stderr).toMatch(message);
});

test('what the rules do not cover is told, and stands in the model', async () => {
  const { FLOAT } = ElementType;
  const info = (name: string) => makeValueInfo(name, { elementType: FLOAT, shape: ['n', 2] });
  const nodes = [makeNode('Tanh', ['x'], ['t']), makeNode('Relu', ['t'], ['y'])];
  writeFileSync(join(folder, 'tanh.onnx'), writeModel(makeModel({ name: 'tanh', opset: 17, producer: 'test', nodes, initializers: [], inputs: [info('x')], outputs: [info('y')] })));
  const { status, stderr } = await pellucid(folder, 'differentiate', 'tanh.onnx', '--wrt', 'inputs', '--rules', 'guided-backprop', '--out', 'told.onnx');
  expect(status).toBe(0);
  expect(stderr).toContain('`told.onnx` keeps the true derivative of t (Tanh)');
  const { proto } = readModel(readFileSync(join(folder, 'told.onnx')), 'told.onnx');
  expect(proto.metadataProps.map(({ value }) => value)).toEqual(['guided-backprop', 't (Tanh)']);
});

test('the methods list names their rules', async () => {
  const { stdout } = await pellucid(folder, 'methods', '--json');
  const rules = Object.fromEntries((JSON.parse(stdout) as { name: string; rules: string[] }[]).map((entry) => [entry.name, entry.rules]));
  expect(rules['deep-lift']).toEqual(['deep-lift']);
  expect(rules['lrp']).toEqual(expect.arrayContaining(['lrp', 'epsilon-plus']));
  expect(rules['saliency']).toEqual([]);
});
