import { concatBatches, gradientAt, INPUT, sliceBatch, type ModelAdapter, type Tensor } from '@pellucid/core';
import { expect, test } from '@jest/globals';
import {
  ElementType, intAttribute, int64Tensor, intsAttribute, makeModel, makeNode, makeTensor, makeValueInfo, writeModel, type Dimension, type NodeProto, type TensorProto,
} from '@pellucid/onnx-graph';
import { loadModel, type OnnxCapability } from '../src/index.ts';

const { FLOAT, INT64 } = ElementType;
const wave = (count: number, step: number): Float32Array => Float32Array.from({ length: count }, (_, i) => Math.sin(step * i * i + 1));
const weights = (name: string, ...shape: number[]): TensorProto => makeTensor(name, FLOAT, shape, wave(shape.reduce((a, b) => a * b), 0.37));
const one = (value: number, name: string): TensorProto => makeTensor(name, INT64, [], [value]);

/** Nodes from `x` [batch, 3, 4, 4] to `y` [batch, 5], with what they need. */
interface Body {
  readonly nodes: readonly NodeProto[];
  readonly constants: readonly TensorProto[];
}

const dense: readonly NodeProto[] = [makeNode('MatMul', ['f', 'w'], ['y'])];

/** Ways in which networks count on a batch of one. */
const FREED: Readonly<Record<string, Body>> = {
  'a 1 in Reshape, several times': {
    nodes: [
      makeNode('Reshape', ['x', 'tokens'], ['t']), makeNode('Tanh', ['t'], ['r']), makeNode('Reshape', ['r', 'image'], ['i']), makeNode('Tanh', ['i'], ['h']),
      makeNode('Reshape', ['h', 'flat'], ['f']), ...dense,
    ],
    constants: [int64Tensor('tokens', [1, 3, 16]), int64Tensor('image', [1, 3, 4, 4]), int64Tensor('flat', [1, -1]), weights('w', 48, 5)],
  },
  'a 1 in a Reshape for which 0 is an empty axis': {
    nodes: [makeNode('Tanh', ['x'], ['r']), makeNode('Reshape', ['r', 'flat'], ['f'], [intAttribute('allowzero', 1)]), ...dense],
    constants: [int64Tensor('flat', [1, 48]), weights('w', 48, 5)],
  },
  'a 1 joined to lengths from shapes': {
    nodes: [
      makeNode('Tanh', ['x'], ['r']), makeNode('Shape', ['r'], ['s']), makeNode('Slice', ['s', 'from', 'to'], ['rest']),
      makeNode('ReduceProd', ['rest'], ['product'], [intAttribute('keepdims', 1)]), makeNode('Concat', ['ones', 'product'], ['target'], [intAttribute('axis', 0)]),
      makeNode('Reshape', ['r', 'target'], ['f']), ...dense,
    ],
    constants: [int64Tensor('from', [1]), int64Tensor('to', [4]), int64Tensor('ones', [1]), weights('w', 48, 5)],
  },
  'Expand to a shape with 1 in front': {
    nodes: [
      makeNode('ReduceMean', ['x'], ['m'], [intsAttribute('axes', [2, 3])]), makeNode('Expand', ['m', 'shape'], ['e']), makeNode('Mul', ['e', 'x'], ['p']),
      makeNode('Flatten', ['p'], ['f']), ...dense,
    ],
    constants: [int64Tensor('shape', [1, 3, 4, 4]), weights('w', 48, 5)],
  },
  'x[0:1] on the way, and back from the end': {
    nodes: [
      makeNode('Slice', ['x', 'zero', 'one', 'batch'], ['a']), makeNode('Tanh', ['a'], ['h']), makeNode('Slice', ['h', 'last', 'end', 'batch', 'step'], ['b']),
      makeNode('Flatten', ['b'], ['f']), ...dense,
    ],
    constants: [
      int64Tensor('zero', [0]), int64Tensor('one', [1]), int64Tensor('batch', [0]), int64Tensor('last', [-1]), int64Tensor('end', [2 ** 31 - 1]), int64Tensor('step', [1]), weights('w', 48, 5),
    ],
  },
  'a class token that is joined to one sample': {
    nodes: [
      makeNode('Reshape', ['x', 'tokens'], ['t']), makeNode('Concat', ['class', 't'], ['c'], [intAttribute('axis', 1)]), makeNode('Add', ['c', 'position'], ['p']),
      makeNode('Softmax', ['p'], ['q'], [intAttribute('axis', 2)]), makeNode('Mul', ['q', 'p'], ['v']), makeNode('Gather', ['v', 'first'], ['f'], [intAttribute('axis', 1)]),
      ...dense,
    ],
    constants: [int64Tensor('tokens', [1, 3, 16]), weights('class', 1, 1, 16), weights('position', 1, 4, 16), one(0, 'first'), weights('w', 16, 5)],
  },
};

/** Ways that are not repaired: the samples run one by one. */
const ONE_BY_ONE: Readonly<Record<string, Body>> = {
  'x[0]': {
    nodes: [
      makeNode('Gather', ['x', 'first'], ['g'], [intAttribute('axis', 0)]), makeNode('Tanh', ['g'], ['r']), makeNode('Reshape', ['r', 'flat'], ['f']), ...dense,
    ],
    constants: [one(0, 'first'), int64Tensor('flat', [1, 48]), weights('w', 48, 5)],
  },
  'an axis of one that is squeezed away, and a flat vector': {
    nodes: [makeNode('Squeeze', ['x', 'batch'], ['s']), makeNode('Tanh', ['s'], ['h']), makeNode('Reshape', ['h', 'flat'], ['f']), ...dense],
    constants: [int64Tensor('batch', [0]), int64Tensor('flat', [1, 48]), weights('w', 48, 5)],
  },
  'rows that would meet other samples when broadcast': {
    nodes: [
      makeNode('ReduceMean', ['x'], ['rows'], [intsAttribute('axes', [1, 2]), intAttribute('keepdims', 0)]), makeNode('Mul', ['rows', 'x'], ['p']),
      makeNode('Reshape', ['p', 'flat'], ['f']), ...dense,
    ],
    constants: [int64Tensor('flat', [1, 48]), weights('w', 48, 5)],
  },
  'a count of samples that is a number among others': {
    nodes: [
      makeNode('Shape', ['x'], ['s']), makeNode('Gather', ['s', 'first'], ['n']), makeNode('Cast', ['n'], ['c'], [intAttribute('to', FLOAT)]), makeNode('Div', ['x', 'c'], ['d']),
      makeNode('Reshape', ['d', 'flat'], ['f']), ...dense,
    ],
    constants: [one(0, 'first'), int64Tensor('flat', [1, 48]), weights('w', 48, 5)],
  },
};

const build = ({ nodes, constants }: Body, batch: Dimension): Uint8Array => writeModel(makeModel({
  name: 'one', opset: 17, producer: 'test', nodes, initializers: constants,
  inputs: [makeValueInfo('x', { elementType: FLOAT, shape: [batch, 3, 4, 4] })], outputs: [makeValueInfo('y', { elementType: FLOAT, shape: [batch, 5] })],
}));

const INPUTS: Tensor = { shape: [3, 3, 4, 4], data: wave(144, 0.013) };

async function ask(model: ModelAdapter<OnnxCapability>, input: Tensor, targets: readonly number[]): Promise<readonly [Tensor, Tensor]> {
  const answer = await model.evaluate({ input, gradient: { of: { kind: 'logit', targets }, at: [INPUT] } });
  return [answer.logits, gradientAt(answer, INPUT)];
}

/** Outputs and gradients of a batch are those of its samples alone, and these have the derivative that finite differences show. */
async function check(bytes: Uint8Array, batchAxis: 'free' | 'freed' | number): Promise<void> {
  const model = await loadModel(bytes);
  expect(model.batchAxis).toBe(batchAxis);
  const targets = [4, 0, 2];
  const [scores, gradient] = await ask(model, INPUTS, targets);
  const alone = await Promise.all(targets.map((target, i) => ask(model, sliceBatch(INPUTS, i, i + 1), [target])));
  const near = (actual: Tensor, expected: Tensor): void => {
    expect(actual.shape).toEqual(expected.shape);
    expected.data.forEach((value, i) => expect(actual.data[i]).toBeCloseTo(value, 5));
  };
  near(scores, concatBatches(alone.map(([own]) => own)));
  near(gradient, concatBatches(alone.map(([, own]) => own)));
  const direction = wave(144, 0.21);
  const step = 1e-2;
  const shifted = await Promise.all([1, -1].map((sign) =>
    ask(model, { shape: INPUTS.shape, data: INPUTS.data.map((value, i) => value + sign * step * direction[i]!) }, targets)));
  for (const [sample, target] of targets.entries()) {
    const [up, down] = shifted.map(([logits]) => logits.data[sample * 5 + target]!) as [number, number];
    const slope = direction.slice(sample * 48, (sample + 1) * 48).reduce((sum, value, i) => sum + value * gradient.data[sample * 48 + i]!, 0);
    expect((up - down) / (2 * step)).toBeCloseTo(slope, 2);
  }
  await model.dispose();
}

for (const batch of [1, 'batch', null] as const) {
  const declared = batch === 1 ? 'one sample' : `a free batch axis (${batch ?? 'no name'})`;
  test.each(Object.entries(FREED))(`declared for ${declared}, %s: the batch axis is freed`, async (what, body) => {
    // Expanding by 1 leaves any length as it is.
    await check(build(body, batch), batch !== 1 && what.startsWith('Expand') ? 'free' : 'freed');
  });
  test.each(Object.entries(ONE_BY_ONE))(`declared for ${declared}, %s: samples run one by one`, async (_, body) => {
    await check(build(body, batch), 1);
  });
}

test('a batch axis that the graph leaves free stays as it is, also where samples are summed on purpose', async () => {
  const free = await loadModel(build({ nodes: [makeNode('Flatten', ['x'], ['f']), ...dense], constants: [weights('w', 48, 5)] }, 'batch'));
  expect(free.batchAxis).toBe('free');
  await free.dispose();
  const centred: Body = {
    nodes: [makeNode('ReduceMean', ['x'], ['m'], [intsAttribute('axes', [0])]), makeNode('Sub', ['x', 'm'], ['d']), makeNode('Flatten', ['d'], ['f']), ...dense],
    constants: [weights('w', 48, 5)],
  };
  const mixing = await loadModel(build(centred, 'batch'));
  expect(mixing.batchAxis).toBe('free');
  await mixing.dispose();
});

test('only axes that follow the batch are shown free: of a hard-coded length the layer shows its own, and takes no given values', async () => {
  // Six rows of each sample, which then stand in one: the file does not say that they are of a sample.
  const body: Body = {
    nodes: [makeNode('Reshape', ['x', 'rows'], ['r']), makeNode('Tanh', ['r'], ['t']), makeNode('Reshape', ['t', 'flat'], ['f']), ...dense],
    constants: [int64Tensor('rows', [6, 8]), int64Tensor('flat', [1, 48]), weights('w', 48, 5)],
  };
  for (const batch of [1, 'batch', null] as const) {
    const model = await loadModel(build(body, batch));
    expect(model.layers.map(({ name, shape }) => [name, shape])).toEqual([['r', [6, 8]], ['t', [6, 8]], ['f', [null, 48]], ['y', [null, 5]]]);
    const values: Tensor = { shape: [6, 8], data: wave(48, 0.1) };
    const input = sliceBatch(INPUTS, 0, 1);
    expect((await model.evaluate({ input: INPUTS, activations: ['t'] })).activations.get('t')?.shape).toEqual([18, 8]);
    await expect(model.evaluate({ input, intervention: { layer: 't', values } })).rejects.toMatchObject({ code: 'LAYER_UNSUITABLE' });
    await model.dispose();
  }
});

test('rows of each sample that the batch multiplies are shown free', async () => {
  const nodes = [makeNode('Reshape', ['x', 'windows'], ['r']), makeNode('Reshape', ['r', 'whole'], ['f']), ...dense];
  const constants = [int64Tensor('windows', [-1, 12]), int64Tensor('whole', [-1, 48]), weights('w', 48, 5)];
  for (const batch of ['batch', 2] as const) {
    const model = await loadModel(build({ nodes, constants }, batch));
    expect(model.layers.map(({ shape }) => shape)).toEqual([[null, 12], [null, 48], [null, 5]]);
    await model.dispose();
  }
});

test('scores that do not hold a row per sample are an error that names their tensor', async () => {
  const nodes = [makeNode('Reshape', ['x', 'rows'], ['y'])];
  const bytes = build({ nodes, constants: [int64Tensor('rows', [6, 8])] }, 1);
  await expect(loadModel(bytes)).rejects.toMatchObject({ code: 'MODEL_UNSUPPORTED', message: expect.stringMatching(/`y`.*first axis of length 6 for 1 sample/) });
});

test('a layer whose first axis is another free one is none of the batch', async () => {
  const info = makeValueInfo('x', { elementType: FLOAT, shape: ['n', 'steps', 5] });
  const nodes = [makeNode('Transpose', ['x'], ['t'], [intsAttribute('perm', [1, 0, 2])]), makeNode('Tanh', ['t'], ['h']), makeNode('ReduceMean', ['h'], ['y'], [intsAttribute('axes', [0]), intAttribute('keepdims', 0)])];
  const model = await loadModel(writeModel(makeModel({ name: 'time', opset: 17, producer: 'test', nodes, initializers: [], inputs: [info], outputs: [makeValueInfo('y', { elementType: FLOAT, shape: ['n', 5] })] })));
  expect(model.layers.map(({ name, shape }) => [name, shape])).toEqual([['y', [null, 5]]]);
  await model.dispose();
});
