import { expect, test } from '@jest/globals';
import { explain, INPUT, tensor, type GradientPoint, type Layout } from '@pellucid/core';
import { analyticModel, type AnalyticNetwork } from '@pellucid/testkit';
import { gradCam } from './grad-cam.ts';

// A layer of two channels, 2 x 2: the image and its negative. f = 3 a_0(0, 0) + a_1(1, 1) + ... with the weights below.
const HEAD = [4, 0, 0, 0, 0, 0, 0, -8];
const network: AnalyticNetwork = {
  name: 'mirror',
  shape: [1, 2, 2],
  classes: 1,
  layers: [{ name: 'features', kind: 'conv', shape: [2, 2, 2] }, { name: 'pooled', kind: 'global-average-pool', shape: [2, 1, 1] }],
  pass: (x) => {
    const features = Float64Array.from([...x, ...x.map((value) => -value)]);
    return {
      logits: Float64Array.of(features.reduce((sum, value, i) => sum + value * HEAD[i]!, 0)),
      activations: new Map([['features', features]]),
      backward: ([slope = 0]) => new Map<GradientPoint, Float64Array>([
        ['features', Float64Array.from(HEAD, (weight) => slope * weight)],
        [INPUT, x.map((_, i) => slope * (HEAD[i]! - HEAD[i + 4]!))],
      ]),
    };
  },
};
const model = analyticModel(network);
const input = tensor([1, 1, 2, 2], [1, -2, 3, -4]);

test('weights channels by the mean of their gradient', async () => {
  // Means: 1 and -2, so that the map is x + 2 x.
  const { values, provenance } = await explain(model, gradCam({ relu: false, upsample: false }), { input, targets: 0 });
  expect(values).toEqual(tensor([1, 1, 2, 2], [3, -6, 9, -12]));
  expect(provenance).toMatchObject({ layer: 'features', layout: 'NCHW', passes: { forward: 1, backward: 1 } });
});

test('keeps what speaks for the class', async () => {
  const { values } = await explain(model, gradCam({ upsample: false }), { input, targets: 0 });
  expect([...values.data]).toEqual([3, 0, 9, 0]);
});

/** The same layer under an image of 4 x 4, of which every second pixel is looked at. */
function strided(layout: Extract<Layout, 'NCHW' | 'NHWC'>): ReturnType<typeof analyticModel> {
  const looked = [0, 2, 8, 10];
  return analyticModel({
    ...network,
    shape: [1, 4, 4],
    pass: (x) => network.pass(Float64Array.from(looked, (i) => x[i]!)),
  }, { layout });
}
const large = new Float32Array(16);
[0, 2, 8, 10].forEach((pixel, i) => { large[pixel] = input.data[i]!; });

test('cuts below zero before resizing: bilinear values between come from cut ones', async () => {
  const { values } = await explain(strided('NCHW'), gradCam(), { input: tensor([1, 1, 4, 4], large), targets: 0 });
  expect(values.shape).toEqual([1, 1, 4, 4]);
  // Row 0: the map's top row is 3, 0; half-pixel centres stand at -1/4 (clamped), 1/4, 3/4, 5/4 (clamped).
  expect([...values.data.subarray(0, 4)]).toEqual([3, 2.25, 0.75, 0]);
});

test('repeats the nearest value, and keeps the layout of channels last', async () => {
  const { values, provenance } = await explain(strided('NHWC'), gradCam({ upsample: 'nearest' }), { input: tensor([1, 4, 4, 1], large), targets: 0 });
  expect(values.shape).toEqual([1, 4, 4, 1]);
  expect([...values.data]).toEqual([3, 3, 0, 0, 3, 3, 0, 0, 9, 9, 0, 0, 9, 9, 0, 0]);
  expect(provenance.layout).toBe('NHWC');
});

test('names the layers to choose from, and refuses one without pixels', async () => {
  await expect(explain(model, gradCam({ layer: 'featuers' }), { input, targets: 0 })).rejects.toMatchObject({
    code: 'LAYER_NOT_FOUND', message: expect.stringContaining('`features`') as unknown,
  });
  const flat = analyticModel({ ...network, layers: [...network.layers, { name: 'flat', kind: 'reshape', shape: [8] }] });
  await expect(explain(flat, gradCam({ layer: 'flat' }), { input, targets: 0 })).rejects.toMatchObject({ code: 'LAYER_UNSUITABLE' });
  const none = analyticModel({ ...network, layers: [] });
  await expect(explain(none, gradCam(), { input, targets: 0 })).rejects.toMatchObject({ code: 'LAYER_UNSUITABLE' });
});

/** The same network with a finer layer of one channel before: the image twice as large as it is. */
const deeper = analyticModel({
  ...network,
  layers: [{ name: 'fine', kind: 'conv', shape: [1, 4, 4] }, ...network.layers],
  pass: (x) => {
    const pass = network.pass(x);
    const fine = Float64Array.from({ length: 16 }, (_, i) => 2 * x[2 * Math.floor(i / 8) + (Math.floor(i / 2) % 2)]!);
    return {
      ...pass,
      activations: new Map([...pass.activations, ['fine', fine]]),
      backward: (cotangent) => new Map([...pass.backward(cotangent), ['fine', fine.map(() => -1)]]),
    };
  },
});

test('fuses several layers: each divided by its largest absolute value, resized, averaged, in one query', async () => {
  const { values, provenance } = await explain(deeper, gradCam({ layer: ['fine', 'features'], relu: false, upsample: false }), { input, targets: 0 });
  expect(values.shape).toEqual([1, 1, 4, 4]);
  // -2 x over 8, and 3 x over 12, at the corners where resizing changes nothing.
  [[0, 0], [3, 1], [12, 2], [15, 3]].forEach(([place = 0, pixel = 0]) => {
    expect(values.data[place]).toBeCloseTo((-input.data[pixel]! / 4 + input.data[pixel]! / 4) / 2, 6);
  });
  expect(provenance).toMatchObject({ layer: 'fine, features', passes: { forward: 1, backward: 1 } });
});

test('one layer in a list is that layer alone, in its own units', async () => {
  const { values } = await explain(model, gradCam({ layer: ['features'], relu: false, upsample: false }), { input, targets: 0 });
  expect([...values.data]).toEqual([3, -6, 9, -12]);
});
