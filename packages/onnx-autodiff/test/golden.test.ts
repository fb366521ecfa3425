import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { decodeNpy, isPellucidError } from '@pellucid/core';
import { expect, test } from '@jest/globals';
import { declaredType, graphInputs, readModel, type OnnxModel } from '@pellucid/onnx-graph';
import { differentiate } from '../src/index.ts';
import { run, type Values } from './session.ts';

const SHARED = join(__dirname, '../../../../shared');

function load(path: string): Values {
  const { shape, data } = decodeNpy(readFileSync(path), path);
  return { shape, data: Float64Array.from(data) };
}

function models(folder: string): string[] {
  const path = join(SHARED, folder);
  if (!existsSync(path)) return [];
  return readdirSync(path).filter((name) => name.endsWith('.onnx') && !/external|int8|fp16/.test(name)).map((name) => join(path, name));
}

/** One or all samples of a batch. */
function part({ shape, data }: Values, from: number, count: number): Values {
  const size = data.length / shape[0]!;
  return { shape: [count, ...shape.slice(1)], data: data.slice(from * size, (from + count) * size) };
}

/** Gradient of the target logits at the input, in batches of the length that the model takes. */
async function inputGradient(model: OnnxModel, input: Values, targets: Values): Promise<Float64Array> {
  const [declared] = graphInputs(model);
  const [output] = model.graph.output;
  if (!declared || !output) throw new Error('no input or output');
  const derivative = differentiate(model, { of: output.name, at: [declared.name] });
  const batch = declaredType(declared)?.shape?.[0];
  const step = typeof batch === 'number' ? batch : input.shape[0]!;
  const result: number[] = [];
  for (let from = 0; from < input.shape[0]!; from += step) {
    const classes = 10;
    const cotangent = { shape: [step, classes], data: new Float64Array(step * classes) };
    for (let i = 0; i < step; i++) cotangent.data[i * classes + targets.data[from + i]!] = 1;
    const feeds = new Map([[declared.name, part(input, from, step)], [derivative.cotangent, cotangent]]);
    const outputs = await run(derivative.model, feeds, [`${declared.name}/gradient`]);
    result.push(...outputs.get(`${declared.name}/gradient`)?.data ?? []);
  }
  return Float64Array.from(result);
}

for (const net of ['mlp', 'cifar', 'fmnist', 'zoo', 'mobile', 'vit']) {
  test.each(models(`golden/${net}`).map(p=>[p]))('exp %s', async (path) => {
   try {
    const folder = join(SHARED, 'golden', net);
    const g = await inputGradient(readModel(readFileSync(path), basename(path)), load(join(folder, 'input.npy')), load(join(folder, 'targets.npy')));
    const want = load(join(folder, 'attr/saliency_signed.f64.npy')).data;
    let e = 0, m = 0; want.forEach((w, i) => { e = Math.max(e, Math.abs(w - g[i]!)); m = Math.max(m, Math.abs(w)); });
    process.stderr.write(`${net} ${basename(path)} ${e / m}\n`);
   } catch (e) { process.stderr.write(`${net} ${basename(path)} ${(e as Error).message.slice(0, 300)}\n`); }
  });
}
for (const net of existsSync(join(SHARED, 'exports')) ? readdirSync(join(SHARED, 'exports')).filter((n) => !n.includes('.')) : []) {
  test.each(models(`exports/${net}`).map(p=>[p]))('exp %s', async (path) => {
   try {
    const folder = join(SHARED, 'exports', net);
    const g = await inputGradient(readModel(readFileSync(path), basename(path)), load(join(folder, 'input.npy')), load(join(folder, 'targets.npy')));
    const want = load(join(folder, 'grad_input.f64.npy')).data;
    let e = 0, m = 0; want.forEach((w, i) => { e += (w - g[i]!) ** 2; m += w * w; });
    process.stderr.write(`${net} ${basename(path)} ${Math.sqrt(e / m)}\n`);
   } catch (e) { process.stderr.write(`${net} ${basename(path)} ${(e as Error).message.slice(0, 300)}\n`); }
  });
}
