import { describe, expect, test } from '@jest/globals';
import { INPUT, sizeOf, type ModelAdapter, type Tensor } from '@pellucid/core';

import { loadModel } from '../src/index.ts';
import { valueAt } from '../src/model/value-at.ts';
import { ENGINES } from './engines.ts';
import { describeGolden, GOLDEN_NETWORKS, hasGoldenNetworks, largestDifference, readGolden, tolerance } from './golden-networks.ts';

const whereGolden = hasGoldenNetworks ? describe : describe.skip;

/** Whether every network runs in every format. Otherwise the slow JavaScript engine runs one format of those that are quick on it. */
const ALL = process.env['PELLUCID_TFJS_GOLDEN'] === 'all';
const ON_CPU: readonly string[] = ['conv1d/layers', 'fashion_cnn/layers', 'resnet/graph', 'vgg/layers', 'vit/graph'];
const CASES = ENGINES.flatMap((engine) =>
  GOLDEN_NETWORKS.filter((place) => ALL || engine !== 'cpu' || ON_CPU.includes(place.join('/'))).map((place) => [engine, ...place] as const),
);
/**
 * In these, one or two points of a path lie within rounding of a kink: there engines have the gradient of one side or the other. The native engine
 * has that of the other side than double precision, and misses the map by 3e-4 to 1e-2; TensorFlow's own float32 misses it by 6e-4 to 3e-3. An image that
 * differs by one millionth does as much on every engine. At all other points, and on wasm at every one, values agree to 4e-7.
 */
const AT_KINKS: readonly string[] = ['inception/layers', 'mobilenet_v2/layers'];
/** Integrated gradients take forty passes: minutes on the JavaScript engine, whose gradients are compared above. */
const PATH_CASES = CASES.filter(([engine, network, format]) =>
  engine === 'cpu' ? network === 'conv1d' : format === 'graph' || (ALL && (engine === 'wasm' || !AT_KINKS.includes(`${network}/${format}`))),
);

/** ReLU(sum over channels of the mean gradient times the activation), before and after the ReLU; channels last. */
function gradCam(activation: Tensor, gradient: Tensor): { readonly before: Tensor; readonly after: Tensor } {
  const { shape } = activation;
  const [samples, channels] = [shape[0]!, shape[shape.length - 1]!];
  const places = sizeOf(shape.slice(1, -1));
  const data = new Float32Array(samples * places);
  for (let sample = 0; sample < samples; sample++) {
    for (let channel = 0; channel < channels; channel++) {
      const index = (place: number): number => (sample * places + place) * channels + channel;
      let weight = 0;
      for (let place = 0; place < places; place++) weight += gradient.data[index(place)]! / places;
      for (let place = 0; place < places; place++) data[sample * places + place]! += weight * activation.data[index(place)]!;
    }
  }
  return { before: { shape: shape.slice(0, -1), data }, after: { shape: shape.slice(0, -1), data: data.map((value) => Math.max(value, 0)) } };
}

/** x times the weighted sum of the gradients at the given shares of x. */
async function integrate(model: ModelAdapter<'gradient'>, input: Tensor, targets: number[], nodes: readonly (readonly [share: number, weight: number])[]): Promise<Tensor> {
  const map = new Float64Array(input.data.length);
  for (const [share, weight] of nodes) {
    const point = { shape: input.shape, data: input.data.map((value) => value * share) };
    const { gradients } = await model.evaluate({ input: point, gradient: { of: { kind: 'logit', targets }, at: [INPUT] } });
    valueAt(gradients, INPUT).data.forEach((value, i) => {
      map[i]! += weight * value * input.data[i]!;
    });
  }
  return { shape: input.shape, data: Float32Array.from(map) };
}

/** Nodes and weights on [0, 1]: 21 points of the trapezoid rule. */
const TRAPEZOID = Array.from({ length: 21 }, (_, k): [number, number] => [k / 20, k === 0 || k === 20 ? 1 / 40 : 1 / 20]);

/** 20 points of Gauss and Legendre on [0, 1]: the zeros of the Legendre polynomial, by Newton's method. */
const GAUSS_LEGENDRE = Array.from({ length: 20 }, (_, k): [number, number] => {
  let x = Math.cos((Math.PI * (k + 0.75)) / 20.5);
  let slope = 0;
  for (let step = 0; step < 20; step++) {
    let [before, value] = [1, x];
    for (let degree = 2; degree <= 20; degree++) [before, value] = [value, ((2 * degree - 1) * x * value - (degree - 1) * before) / degree];
    slope = (20 * (x * value - before)) / (x * x - 1);
    x -= value / slope;
  }
  return [(1 + x) / 2, 1 / ((1 - x * x) * slope * slope)];
});

whereGolden('against TensorFlow in double precision', () => {
  test.each(CASES)('on %s, %s as a %s model: values, gradients and Grad-CAM', async (engine, network, format) => {
    const { path, layer, figures } = describeGolden(network, format);
    const model = await loadModel(path, { engine });
    const targets = [...readGolden(network, 'targets.npy').data];
    const { output, logits, activations, gradients } = await model.evaluate({
      input: readGolden(network, 'input.npy'),
      activations: [layer],
      gradient: { of: { kind: 'logit', targets }, at: [INPUT, layer] },
    });
    const near = tolerance(figures.grad_input_f32_relative_error);
    const differenceTo = (file: string, actual: Tensor): number => largestDifference(actual, readGolden(network, file));
    expect(differenceTo('output.f32.npy', output)).toBeLessThan(1e-5);
    expect(differenceTo('logits.f64.npy', logits)).toBeLessThan(1e-5);
    expect(differenceTo('act_layer.f64.npy', valueAt(activations, layer))).toBeLessThan(1e-5);
    expect(differenceTo('grad_input.f64.npy', valueAt(gradients, INPUT))).toBeLessThan(near);
    expect(differenceTo('grad_layer.f64.npy', valueAt(gradients, layer))).toBeLessThan(near);
    const { before, after } = gradCam(valueAt(activations, layer), valueAt(gradients, layer));
    expect(differenceTo('gradcam_before_relu.f64.npy', before)).toBeLessThan(near);
    expect(differenceTo('gradcam.f64.npy', after)).toBeLessThan(near);
    await model.dispose();
  });

  // The zero image, where everything ties, is a point of the first rule.
  test.each(PATH_CASES)('on %s, %s as a %s model: integrated gradients from zero', async (engine, network, format) => {
    const { path, figures } = describeGolden(network, format);
    const model = await loadModel(path, { engine });
    const input = readGolden(network, 'input.npy');
    const targets = [...readGolden(network, 'targets.npy').data];
    const trapezoid = await integrate(model, input, targets, TRAPEZOID);
    expect(largestDifference(trapezoid, readGolden(network, 'ig_trapezoid.f64.npy'))).toBeLessThan(tolerance(figures.ig_trapezoid_f32_relative_error));
    const gauss = await integrate(model, input, targets, GAUSS_LEGENDRE);
    expect(largestDifference(gauss, readGolden(network, 'ig_gausslegendre.f64.npy'))).toBeLessThan(tolerance(figures.ig_gausslegendre_f32_relative_error));
    await model.dispose();
  });
});
