import type { EngineName } from '@pellucid/backend-tfjs';
import { argmax, batchSize, explain, gradientAt, INPUT, sampleData, type Method, type ModelAdapter, type Tensor } from '@pellucid/core';
import { configuredMethod, INTERNAL_BATCH, STEPS, type MethodName } from './methods.ts';
import type { Subject } from './networks.ts';

/** Whether a backend reads the file of a model. */
export function reads(backend: string, { path }: Subject): boolean {
  return backend === 'onnxruntime' ? path.endsWith('.onnx') : path.endsWith('.json');
}

/** Opens a model on a backend; threads are those of `onnxruntime` alone. */
export async function openModel(backend: string, { path, name }: Subject, threads: number): Promise<ModelAdapter> {
  // Loaded when used, so that the memory of one backend does not count for the other.
  if (backend === 'onnxruntime') {
    const onnx = await import('@pellucid/backend-onnxruntime');
    // `explain` compares what a method needs with what the model can, whatever the types say.
    return (await onnx.loadModel(path, { name, threads })) as unknown as ModelAdapter;
  }
  const tfjs = await import('@pellucid/backend-tfjs');
  return (await tfjs.loadModel(path, { name, engine: backend.slice('tfjs/'.length) as EngineName })) as unknown as ModelAdapter;
}

/** Values that look like noise, the same in every run. */
export function sampleInput(model: ModelAdapter, batch: number): Tensor {
  const shape = model.input.shape.map((length, axis) => (axis === 0 ? batch : (length ?? 1)));
  const size = shape.reduce((product, length) => product * length, 1);
  return { shape, data: Float32Array.from({ length: size }, (_, i) => 2 * Math.sin(i * 1.7 + i * i * 1e-3)) };
}

/** The predicted classes. */
export async function predict(model: ModelAdapter, input: Tensor): Promise<number[]> {
  const { logits } = await model.evaluate({ input });
  return Array.from({ length: batchSize(input) }, (_, sample) => argmax(sampleData(logits, sample)));
}

/** What our side does for a cell, once. */
export function ownCall(model: ModelAdapter, name: MethodName, layer: string | undefined, input: Tensor, targets: readonly number[]): () => Promise<unknown> {
  if (name === 'forward') return () => model.evaluate({ input });
  const method: Method = configuredMethod(name, model, layer);
  return () => explain(model, method, { input, targets });
}

/** Milliseconds from nothing to the first gradient. */
export async function timeStart(backend: string, subject: Subject, threads: number): Promise<number> {
  const started = performance.now();
  const model = await openModel(backend, subject, threads);
  const input = sampleInput(model, 1);
  gradientAt(await model.evaluate({ input, gradient: { of: { kind: 'logit', targets: [0] }, at: [INPUT] } }), INPUT);
  const elapsed = performance.now() - started;
  await model.dispose();
  return elapsed;
}

/** MiB that this process held at most, after Integrated Gradients with the peer's internal batch. */
export async function ownPeakMemory(backend: string, subject: Subject, threads: number): Promise<number> {
  const model = await openModel(backend, subject, threads);
  const input = sampleInput(model, 1);
  const method = configuredMethod('integrated-gradients', model, undefined);
  await explain(model, method, { input, targets: [0], memoryBudget: model.bytesPerSample * Math.min(INTERNAL_BATCH, STEPS) });
  await model.dispose();
  return process.resourceUsage().maxRSS / 1024;
}
