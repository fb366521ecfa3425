import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { decodeNpy } from '@pellucid/core';
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

/** Gradients of the target logits at the input and at inner tensors, in batches of the length that the model takes. */
async function gradientsAt(model: OnnxModel, input: Values, targets: Values, layers: readonly string[] = []): Promise<readonly Float64Array[]> {
  const [declared] = graphInputs(model);
  const [output] = model.graph.output;
  if (!declared || !output) throw new Error('no input or output');
  const at = [declared.name, ...layers];
  const derivative = differentiate(model, { of: output.name, at });
  const batch = declaredType(declared)?.shape?.[0];
  const classes = Number(declaredType(output)?.shape?.[1]);
  const step = typeof batch === 'number' ? batch : input.shape[0]!;
  const names = at.map((name) => derivative.gradients.get(name) ?? '');
  const result = at.map((): number[] => []);
  for (let from = 0; from < input.shape[0]!; from += step) {
    const cotangent = { shape: [step, classes], data: new Float64Array(step * classes) };
    for (let i = 0; i < step; i++) cotangent.data[i * classes + targets.data[from + i]!] = 1;
    const feeds = new Map([[declared.name, part(input, from, step)], [derivative.cotangent, cotangent]]);
    const outputs = await run(derivative.model, feeds, names);
    for (const [i, name] of names.entries()) result[i]?.push(...outputs.get(name)?.data ?? []);
  }
  return result.map((values) => Float64Array.from(values));
}

/** Runs where the networks are there. */
function onNetworks(folder: string, title: string, check: (path: string) => Promise<void>): void {
  const paths = models(folder);
  if (paths.length > 0) test.each(paths)(title, check);
  else test.skip(`${title} (no networks)`, () => undefined);
}

/** A network's own disagreement between float32 and float64, relative to the largest value, as its manifest records it. */
function float32Error(net: string): number {
  const manifest = JSON.parse(readFileSync(join(SHARED, 'golden', net, 'manifest.json'), 'utf8')) as {
    methods: { saliency_signed: { outputs: { main: { f32_vs_f64_rel: number } } } };
  };
  return manifest.methods.saliency_signed.outputs.main.f32_vs_f64_rel;
}

for (const net of ['cifar', 'fmnist', 'mlp', 'mobile', 'vit', 'zoo']) {
  onNetworks(`golden/${net}`, 'the input gradient equals the reference within the network\'s own rounding: %s', async (path) => {
    const folder = join(SHARED, 'golden', net);
    const model = readModel(readFileSync(path), basename(path));
    const [gradient = new Float64Array(0)] = await gradientsAt(model, load(join(folder, 'input.npy')), load(join(folder, 'targets.npy')));
    const reference = load(join(folder, 'attr/saliency_signed.f64.npy')).data;
    const largest = reference.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const worst = reference.reduce((most, value, i) => Math.max(most, Math.abs(value - gradient[i]!)), 0);
    expect(worst / largest).toBeLessThan(5 * float32Error(net));
  });
}

/** The tensor of an export that carries the late layer, laid out as the reference. */
function layerOf(folder: string, file: string): string {
  const { exports } = JSON.parse(readFileSync(join(folder, 'gradcam_layer.json'), 'utf8')) as { exports: Record<string, { tensor: string; layout: string }> };
  const found = exports[file];
  if (found?.layout !== 'same') throw new Error(`no layer of ${file} in the layout of the reference`);
  return found.tensor;
}

function distance(reference: Float64Array, values: Float64Array): number {
  expect(values).toHaveLength(reference.length);
  const error = reference.reduce((sum, value, i) => sum + (value - values[i]!) ** 2, 0);
  return Math.sqrt(error / reference.reduce((sum, value) => sum + value ** 2, 0));
}

for (const net of ['convnext', 'decoder', 'densenet', 'efficientnet', 'einsum', 'mixer', 'mobilenetv2', 'mobilenetv3', 'norms', 'resnet', 'squeezenet', 'swin', 'vgg', 'video', 'vit']) {
  onNetworks(`exports/${net}`, 'gradients of an exported network at its input and at a late layer equal PyTorch\'s: %s', async (path) => {
    const folder = join(SHARED, 'exports', net);
    const model = readModel(readFileSync(path), basename(path));
    const found = await gradientsAt(model, load(join(folder, 'input.npy')), load(join(folder, 'targets.npy')), [layerOf(folder, basename(path))]);
    for (const [i, name] of ['grad_input.f64.npy', 'grad_layer.f64.npy'].entries()) {
      // The bound that the maker of the networks proposes; the values agree to about 2e-6.
      expect(distance(load(join(folder, name)).data, found[i]!)).toBeLessThan(1e-4);
    }
  });
}
