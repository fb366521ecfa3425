import { activationOf, gradientAt, INPUT, mapValues, zipWith, type GradientPoint, type Tensor } from '@pellucid/core';
import { describe, expect, test } from '@jest/globals';
import { join } from 'node:path';
import { loadModel } from '../src/index.ts';
import { goldenTolerance, isShared, readManifest, readShared, relativeError, shared } from './golden.ts';

const files = ['model.op13.onnx', 'model.op17.onnx', 'model.op17.static1.onnx'] as const;

/** Mean of the gradient over space times the activation, summed over channels: Grad-CAM before its rectifier. */
function gradCam(activation: Tensor, gradient: Tensor): Tensor {
  const [count = 0, channels = 0, height = 0, width = 0] = activation.shape;
  const area = height * width;
  const data = new Float32Array(count * area);
  for (let plane = 0; plane < count * channels; plane++) {
    const start = plane * area;
    const weight = gradient.data.subarray(start, start + area).reduce((sum, value) => sum + value, 0) / area;
    const sample = Math.floor(plane / channels);
    for (let i = 0; i < area; i++) data[sample * area + i]! += weight * activation.data[start + i]!;
  }
  return { shape: [count, 1, height, width], data };
}

for (const network of ['mlp', 'cifar', 'fmnist']) {
  const folder = `golden/${network}`;
  (isShared(folder) ? describe : describe.skip)(`reference network ${network}`, () => {
    test.each(files)('%s gives the reference logits, gradients and layer values', async (file) => {
      const manifest = readManifest(network);
      const truth = (name: string): Tensor => readShared(`${folder}/attr/${name}.f64.npy`);
      const error = (actual: Tensor, method: string): void => {
        expect(relativeError(actual, truth(method))).toBeLessThan(goldenTolerance(manifest, method));
      };
      const model = await loadModel(join(shared, folder, file));
      const input = readShared(`${folder}/input.npy`);
      const targets = Array.from(readShared(`${folder}/targets.npy`).data);
      const layer = manifest.cam_layer;
      const at: GradientPoint[] = layer === null ? [INPUT] : [INPUT, layer];
      const answer = await model.evaluate({ input, activations: layer === null ? [] : [layer], gradient: { of: { kind: 'logit', targets }, at } });

      expect(relativeError(answer.logits, readShared(`${folder}/logits.f64.npy`))).toBeLessThan(1e-6);
      error(gradientAt(answer, INPUT), 'saliency_signed');
      error(mapValues(gradientAt(answer, INPUT), Math.abs), 'saliency_abs');
      if (layer !== null) {
        const [activation, gradient] = [activationOf(answer, layer), gradientAt(answer, layer)];
        error(activation, 'layer_activation');
        error(zipWith(activation, gradient, (a, g) => a * g), 'layer_grad_x_act');
        error(gradCam(activation, gradient), 'layer_gradcam');
      }
      await model.dispose();
    });
  });
}

for (const network of ['squeezenet1.0_imagenet', 'resnet20_cifar10']) {
  const path = `data/models/${network}`;
  (isShared(`${path}.op17.dyn.onnx`) ? test : test.skip)(`${network} gives its recorded logits`, async () => {
    const model = await loadModel(join(shared, `${path}.op17.dyn.onnx`));
    const { logits } = await model.evaluate({ input: readShared(`${path}.input.npy`) });
    // Recorded in float32 by another engine.
    expect(relativeError(logits, readShared(`${path}.logits.npy`))).toBeLessThan(1e-5);
    await model.dispose();
  });
}

(isShared('data/models/mnist.onnx') ? test : test.skip)('an opset 8 model with batch 1 takes batches and gives gradients', async () => {
  const model = await loadModel(join(shared, 'data/models/mnist.onnx'));
  expect(model.classes).toBe(10);
  const data = Float32Array.from({ length: 3 * 28 * 28 }, (_, i) => Math.max(0, Math.sin(i / 7)) * 255);
  const batch = { shape: [3, 1, 28, 28], data };
  const gradient = { of: { kind: 'margin', targets: [1, 2, 3] }, at: [INPUT] } as const;
  const whole = await model.evaluate({ input: batch, gradient });
  const alone = await model.evaluate({
    input: { shape: [1, 1, 28, 28], data: data.slice(2 * 784) },
    gradient: { of: { kind: 'margin', targets: [3] }, at: [INPUT] },
  });
  expect(relativeError(alone.logits, { shape: [1, 10], data: whole.logits.data.slice(20) })).toBeLessThan(1e-6);
  expect(relativeError(gradientAt(alone, INPUT), { shape: [1], data: gradientAt(whole, INPUT).data.slice(2 * 784) })).toBeLessThan(1e-5);
  await model.dispose();
});
