import { INPUT, zeros } from '@pellucid/core';
import type { SubjectCheck } from './backend-check.ts';
import { assertRefused, type Subject } from './subject.ts';

async function refusesShapes({ model, input }: Subject): Promise<void> {
  const [, a, b, c] = input.shape as [number, number, number, number];
  for (const shape of [[a, b, c], [1, a, b], [2, a, b, c + 1], [2, a + 1, b, c], [0, a, b, c], [1, 1, a, b, c]]) {
    await assertRefused(model, { input: zeros(shape) }, 'SHAPE_MISMATCH', `input of shape [${shape.join(', ')}]`);
  }
  const short = { shape: input.shape, data: input.data.subarray(1) };
  await assertRefused(model, { input: short }, 'SHAPE_MISMATCH', 'input with fewer values than its shape');
}

async function refusesValues({ model, input }: Subject): Promise<void> {
  for (const value of [Number.NaN, Infinity, -Infinity]) {
    const data = input.data.slice();
    data[data.length - 1] = value;
    await assertRefused(model, { input: { ...input, data } }, 'INPUT_NOT_FINITE', `input that holds ${value}`);
  }
}

async function refusesLayers({ model, input }: Subject): Promise<void> {
  const name = 'no-such-layer';
  await assertRefused(model, { input, activations: [name] }, 'LAYER_NOT_FOUND', 'activation of an unknown layer');
  const gradient = { of: { kind: 'sum-of-logits' }, at: [INPUT, name] } as const;
  await assertRefused(model, { input, gradient }, 'LAYER_NOT_FOUND', 'gradient at an unknown layer');
}

async function refusesTargets({ model, input }: Subject): Promise<void> {
  const count = input.shape[0]!;
  for (const target of [-1, model.classes, 0.5]) {
    const targets = Array.from({ length: count }, (_, sample) => (sample === count - 1 ? target : 0));
    const gradient = { of: { kind: 'logit', targets }, at: [INPUT] } as const;
    await assertRefused(model, { input, gradient }, 'TARGET_OUT_OF_RANGE', `target ${target}`);
  }
  const cotangent = { kind: 'cotangent', cotangent: zeros([count, model.classes + 1]) } as const;
  await assertRefused(model, { input, gradient: { of: cotangent, at: [INPUT] } }, 'SHAPE_MISMATCH', 'cotangent of another shape');
}

async function stopsWhenAborted({ model, input }: Subject): Promise<void> {
  await assertRefused(model, { input }, 'ABORTED', 'a signal that fired before', { signal: AbortSignal.abort() });
  const controller = new AbortController();
  const running = assertRefused(model, { input }, 'ABORTED', 'a signal that fires while chunks run', {
    signal: controller.signal,
    memoryBudget: 1,
  });
  controller.abort();
  await running;
}

async function disposesOnce({ model, input }: Subject): Promise<void> {
  await model.evaluate({ input });
  await Promise.all([model.dispose(), model.dispose()]);
  await model.dispose();
  await assertRefused(model, { input }, null, 'a query after dispose');
}

/** Demands on what is refused, and how. */
export const refusalChecks: readonly SubjectCheck[] = [
  ['refuses inputs of a wrong shape and an empty batch', refusesShapes],
  ['refuses inputs that hold NaN or infinity', refusesValues],
  ['refuses layers that it does not have', refusesLayers],
  ['refuses targets and cotangents outside the classes', refusesTargets],
  ['stops between chunks when aborted', stopsWhenAborted],
  ['is disposed any number of times, and refuses queries afterwards', disposesOnce],
];
