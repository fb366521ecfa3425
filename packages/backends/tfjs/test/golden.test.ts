import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from '@jest/globals';
import { decodeNpy, INPUT, type Tensor } from '@pellucid/core';

import { loadModel } from '../src/index.ts';
import { valueAt } from '../src/model/value-at.ts';
import { ENGINE, ENGINES } from './engines.ts';

/** Values that TensorFlow computed in double precision for converted Keras networks; not part of the repository. */
const GOLDEN = join(import.meta.dirname, '../../../../../shared/tf-golden');
const whereGolden = existsSync(GOLDEN) ? describe : describe.skip;

interface Description {
  readonly layers_model: { readonly path: string; readonly layer: string };
  readonly graph_model: { readonly path: string; readonly layer: string };
  readonly figures: { readonly grad_input_f32_relative_error: number };
}

/** Networks that only the graph format can hold, or that need an operation whose gradient is refused. */
const NETWORKS = [
  ['vgg', 'layers'], ['vgg', 'graph'], ['resnet', 'layers'], ['resnet', 'graph'], ['fashion_cnn', 'layers'], ['fashion_cnn', 'graph'],
  ['activations', 'layers'], ['activations', 'graph'], ['conv1d', 'layers'], ['conv1d', 'graph'], ['densenet', 'layers'],
  ['densenet', 'graph'], ['inception', 'layers'], ['inception', 'graph'], ['mobilenet_v2', 'layers'], ['mobilenet_v2', 'graph'],
  ['mobilenet_v3', 'layers'], ['mobilenet_v3', 'graph'], ['nested', 'layers'], ['nested', 'graph'], ['upsample', 'graph'],
] as const;
/** The JavaScript engine is slow: it runs the three that between them hold the common operations. */
const ON_CPU: readonly string[] = ['vgg', 'resnet', 'fashion_cnn'];
const CASES = ENGINES.flatMap((engine) =>
  NETWORKS.filter(([network]) => engine !== 'cpu' || ON_CPU.includes(network)).map(([network, format]) => [engine, network, format] as const),
);

const read = (network: string, file: string): Tensor => decodeNpy(readFileSync(join(GOLDEN, network, file)), file);

function largestDifference(actual: Tensor, expected: Tensor): number {
  expect(actual.shape).toEqual(expected.shape);
  let difference = 0;
  let scale = 0;
  expected.data.forEach((value, i) => {
    difference = Math.max(difference, Math.abs(actual.data[i]! - value));
    scale = Math.max(scale, Math.abs(value));
  });
  return difference / scale;
}

whereGolden('against TensorFlow in double precision', () => {
  test.each(CASES)('on %s, %s as a %s model: values, gradients and Grad-CAM', async (engine, network, format) => {
    const description = JSON.parse(readFileSync(join(GOLDEN, network, 'net.json'), 'utf8')) as Description;
    const { path, layer: described } = format === 'layers' ? description.layers_model : description.graph_model;
    const layer = described.split(' of ')[0]!;
    const model = await loadModel(join(GOLDEN, network, path), { engine });
    const targets = [...read(network, 'targets.npy').data];
    const { output, logits, activations, gradients } = await model.evaluate({
      input: read(network, 'input.npy'),
      activations: [layer],
      gradient: { of: { kind: 'logit', targets }, at: [INPUT, layer] },
    });
    // Five times what separates float32 from double precision in TensorFlow itself.
    const tolerance = Math.max(1e-5, 5 * description.figures.grad_input_f32_relative_error);
    expect(largestDifference(output, read(network, 'output.f32.npy'))).toBeLessThan(1e-5);
    expect(largestDifference(logits, read(network, 'logits.f64.npy'))).toBeLessThan(1e-5);
    expect(largestDifference(valueAt(activations, layer), read(network, 'act_layer.f64.npy'))).toBeLessThan(1e-5);
    expect(largestDifference(valueAt(gradients, INPUT), read(network, 'grad_input.f64.npy'))).toBeLessThan(tolerance);
    expect(largestDifference(valueAt(gradients, layer), read(network, 'grad_layer.f64.npy'))).toBeLessThan(tolerance);
    await model.dispose();
  });

  test.each(['layers', 'graph'])('a zero image, where everything ties, has the integrated gradients of the %s model', async (format) => {
    const model = await loadModel(join(GOLDEN, 'fashion_cnn', format, 'model.json'), { engine: ENGINE });
    const input = read('fashion_cnn', 'input.npy');
    const targets = [...read('fashion_cnn', 'targets.npy').data];
    const map = new Float64Array(input.data.length);
    for (let k = 0; k <= 20; k++) {
      const point = { shape: input.shape, data: input.data.map((value) => (value * k) / 20) };
      const { gradients } = await model.evaluate({ input: point, gradient: { of: { kind: 'logit', targets }, at: [INPUT] } });
      const weight = k === 0 || k === 20 ? 1 / 40 : 1 / 20;
      valueAt(gradients, INPUT).data.forEach((value, i) => {
        map[i]! += weight * value * input.data[i]!;
      });
    }
    const actual = { shape: input.shape, data: Float32Array.from(map) };
    // Where a point of the path lies within rounding of a kink, float32 parts by more than one gradient does: its recorded error is 9e-7.
    expect(largestDifference(actual, read('fashion_cnn', 'ig_trapezoid.f64.npy'))).toBeLessThan(1e-5);
    await model.dispose();
  });

  test.each([
    ['conv3d', 'graph', 'Conv3D'],
    ['conv3d', 'layers', 'Conv3D'],
  ])('%s as a %s model is refused for its %s, and still gives values', async (network, format, operator) => {
    const model = await loadModel(join(GOLDEN, network, format, 'model.json'), { engine: ENGINE });
    const input = read(network, 'input.npy');
    const { logits } = await model.evaluate({ input });
    expect(largestDifference(logits, read(network, 'logits.f64.npy'))).toBeLessThan(1e-5);
    const refused = model.evaluate({ input, gradient: { of: { kind: 'sum-of-logits' }, at: [INPUT] } });
    await expect(refused).rejects.toMatchObject({ code: 'GRADIENT_UNDEFINED', details: { operator } });
    await model.dispose();
  });
});
