import { gradientAt, INPUT } from '@pellucid/core';
import { expect, test } from '@jest/globals';
import { join } from 'node:path';
import { loadModel } from '../src/index.ts';
import { isShared, readShared, shared } from './golden.ts';

function distance(actual: Float32Array, expected: Float32Array): number {
  const difference = expected.reduce((sum, value, i) => sum + (value - actual[i]!) ** 2, 0);
  return Math.sqrt(difference / expected.reduce((sum, value) => sum + value ** 2, 0));
}

/** The bounds are those that the makers of the networks give: a rounding step that falls the other way moves a value by one quantum. */
const FORMS = [
  ['resnet', 'dynamo20.external.onnx', 'grad_input.f64.npy', 1e-4, false],
  ['resnet', 'legacy17.fp16.onnx', 'grad_input.fp16.f64.npy', 3e-2, false],
  ['squeezenet', 'legacy13.int8.onnx', 'grad_input.int8.f64.npy', 5e-2, true],
] as const;

const onForms = isShared('exports') ? test.each(FORMS) : test.skip.each(FORMS);
onForms('%s/%s gives the gradient of %s', async (network, file, truth, bound, straightThrough) => {
  const folder = `exports/${network}`;
  const model = await loadModel(join(shared, folder, file), { straightThrough });
  const targets = Array.from(readShared(`${folder}/targets.npy`).data);
  const answer = await model.evaluate({ input: readShared(`${folder}/input.npy`), gradient: { of: { kind: 'logit', targets }, at: [INPUT] } });
  expect(distance(gradientAt(answer, INPUT).data, readShared(`${folder}/${truth}`).data)).toBeLessThan(bound);
  await model.dispose();
});

(isShared('exports') ? test : test.skip)('the gradient of a quantised model is an error that names the option', async () => {
  const model = await loadModel(join(shared, 'exports/squeezenet/legacy13.int8.onnx'));
  const input = readShared('exports/squeezenet/input.npy');
  const query = { input, gradient: { of: { kind: 'logit', targets: [0, 0, 0] }, at: [INPUT] } } as const;
  await expect(model.evaluate(query)).rejects.toMatchObject({ code: 'GRADIENT_UNDEFINED', message: expect.stringContaining('straightThrough: true') });
  await model.dispose();
});
