import { randomStream, type RandomStream } from '@pellucid/core';
import { expect, test } from '@jest/globals';
import {
  ElementType, inferShapes, intAttribute, intsAttribute, makeModel, makeNode, makeTensor, makeValueInfo, type AttributeProto, type NodeProto, type OnnxModel, type TensorProto,
} from '@pellucid/onnx-graph';
import { differentiate, minimalFiltering, PART_COSTS } from '../src/index.ts';
import { worst } from './gradient-values.ts';
import { run, type Values } from './session.ts';

/** As if nodes took no time of their own: the images here are small. */
const inRows = (model: OnnxModel): OnnxModel => minimalFiltering(model, { ...PART_COSTS, node: 0 });

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1);

function draws(name: string, shape: readonly number[], scale = 1): Values {
  const stream = randomStream(11, name);
  return { shape, data: Float64Array.from({ length: sizeOf(shape) }, () => Math.fround(scale * stream.normal())) };
}

/** Collects the nodes and weights of a network over images of `channels` channels. */
function builder(): { readonly nodes: NodeProto[]; readonly weights: TensorProto[]; readonly add: (operator: string, inputs: readonly string[], attributes?: readonly AttributeProto[]) => string; readonly store: (shape: readonly number[], scale: number) => string } {
  const nodes: NodeProto[] = [];
  const weights: TensorProto[] = [];
  return {
    nodes, weights,
    add(operator, inputs, attributes = []) {
      const output = `t${nodes.length}`;
      nodes.push(makeNode(operator, inputs, [output], attributes));
      return output;
    },
    store(shape, scale) {
      const name = `w${weights.length}`;
      weights.push(makeTensor(name, ElementType.FLOAT, shape, draws(name, shape, scale).data));
      return name;
    },
  };
}

const modelOf = ({ nodes, weights }: Pick<ReturnType<typeof builder>, 'nodes' | 'weights'>, shape: readonly number[], outputs: readonly string[]): OnnxModel =>
  makeModel({
    name: 'rows', opset: 17, producer: 'test', nodes, initializers: weights,
    inputs: [makeValueInfo('x', { elementType: ElementType.FLOAT, shape: ['n', ...shape] })], outputs: outputs.map((name) => makeValueInfo(name, { elementType: ElementType.FLOAT, shape: null })),
  });

/** The kernels of convolutions, those that are depthwise aside. */
function kernels(model: OnnxModel): string[] {
  const types = inferShapes(model);
  const isWhole = ({ opType, attribute }: NodeProto): boolean => opType === 'Conv' && (attribute.find(({ name }) => name === 'group')?.i ?? 1n) === 1n;
  return model.graph.node.filter(isWhole).map(({ input }) => types.get(input[1] ?? '')?.shape?.slice(2).join('x') ?? '').toSorted();
}

/** The largest differences of all outputs between a model and the same in rows. */
async function differences(model: OnnxModel, shape: readonly number[]): Promise<{ readonly worst: number; readonly kernels: readonly string[] }> {
  const rows = inRows(model);
  const feeds = new Map([['x', draws('x', shape)], ...model.graph.input.slice(1).map(({ name }) => [name, draws(name, [shape[0] ?? 1, ...(inferShapes(model).get(name)?.shape?.slice(1).map(Number) ?? [])])] as const)]);
  const [plain, filtered] = [await run(model, feeds), await run(rows, feeds)];
  expect([...filtered.keys()]).toEqual([...plain.keys()]);
  for (const [name, { shape: expected }] of plain) expect(filtered.get(name)?.shape).toEqual(expected);
  return { worst: Math.max(...[...plain].map(([name, { data }]) => worst(filtered.get(name)?.data, data))), kernels: kernels(rows) };
}

/** Channels in and out, lengths, columns of the kernel, attributes, bias. */
type Convolution = readonly [inputs: number, outputs: number, lengths: readonly [number, number], columns: number, attributes: readonly AttributeProto[], biased: boolean];
const pads = (...values: number[]): AttributeProto => intsAttribute('pads', values);
const CONVOLUTIONS: readonly Convolution[] = [
  [128, 128, [6, 5], 3, [pads(1, 1, 1, 1)], true], [128, 128, [7, 7], 3, [pads(1, 1, 1, 1)], false], [144, 112, [5, 8], 3, [pads(1, 1, 1, 1)], true],
  [128, 128, [2, 3], 3, [pads(1, 1, 1, 1)], false], [288, 288, [3, 3], 3, [pads(1, 1, 1, 1)], true], [320, 320, [8, 6], 1, [pads(1, 0, 1, 0)], true],
  [128, 128, [6, 9], 5, [pads(1, 2, 1, 0)], true], [128, 128, [6, 9], 3, [pads(1, 1, 1, 1), intsAttribute('strides', [1, 2])], false],
  [128, 128, [8, 9], 3, [pads(1, 2, 1, 2), intsAttribute('dilations', [1, 2])], true],
];

test.each(CONVOLUTIONS)('a convolution of %d to %d channels over %j, three rows by %d columns, in rows', async (inputs, outputs, lengths, columns, attributes, biased) => {
  const network = builder();
  const y = network.add('Conv', ['x', network.store([outputs, inputs, 3, columns], 0.1), ...(biased ? [network.store([outputs], 1)] : [])], attributes);
  const { worst: difference, kernels: found } = await differences(modelOf(network, [inputs, ...lengths], [y]), [2, inputs, ...lengths]);
  expect(found).toEqual(Array.from({ length: 4 }, () => `1x${columns}`));
  expect(difference).toBeLessThan(1e-6);
});

test.each([
  ['strides', [128, 128], [8, 8], [pads(1, 1, 1, 1), intsAttribute('strides', [2, 2])]], ['row dilations', [128, 128], [8, 8], [pads(1, 1, 1, 1), intsAttribute('dilations', [2, 1])]],
  ['no padding', [128, 128], [8, 8], [pads(0, 1, 0, 1)]], ['padding on one side', [128, 128], [8, 8], [pads(2, 1, 0, 1)]], ['groups', [128, 64], [8, 8], [pads(1, 1, 1, 1), intAttribute('group', 2)]],
  ['channels that do not fill blocks', [120, 120], [8, 8], [pads(1, 1, 1, 1)]], ['so few channels that cutting costs more', [32, 32], [8, 8], [pads(1, 1, 1, 1)]],
] as const)('a convolution with %s stays as it is', (_, [inputs, perGroup], lengths, attributes) => {
  const network = builder();
  const y = network.add('Conv', ['x', network.store([inputs, perGroup, 3, 3], 0.1)], attributes);
  const model = modelOf(network, [inputs, ...lengths], [y]);
  expect(inRows(model)).toBe(model);
});

test.each([[6, false], [64, true]])('nodes cost time too: 128 channels at %d rows are filtered: %s', (lengths, isFiltered) => {
  const network = builder();
  const y = network.add('Conv', ['x', network.store([128, 128, 3, 3], 0.1)], [pads(1, 1, 1, 1)]);
  const model = modelOf(network, [128, lengths, lengths], [y]);
  expect(minimalFiltering(model) !== model).toBe(isFiltered);
});

test('a convolution over images of free size stays as it is', () => {
  const network = builder();
  const y = network.add('Conv', ['x', network.store([128, 128, 3, 3], 0.1)], [pads(1, 1, 1, 1)]);
  const model = makeModel({
    name: 'free', opset: 17, producer: 'test', nodes: network.nodes, initializers: network.weights,
    inputs: [makeValueInfo('x', { elementType: ElementType.FLOAT, shape: ['n', 128, 'h', 'w'] })], outputs: [makeValueInfo(y, { elementType: ElementType.FLOAT, shape: null })],
  });
  expect(inRows(model)).toBe(model);
});

/** A network of random layers, with several outputs; its images keep their channels. */
function randomNetwork(stream: RandomStream, height: number, width: number): OnnxModel {
  const channels = 128;
  const network = builder();
  const choose = <Item>(items: readonly Item[]): Item => items[Math.floor(stream.uniform() * items.length)] as Item;
  const images = ['x'];
  const inner: string[] = [];
  const convolve = (image: string, kernel: number, stride = 1): string =>
    network.add('Conv', [image, network.store([channels, channels, kernel, kernel], 0.8 / (kernel * Math.sqrt(channels))), network.store([channels], 0.3)], [
      pads(...Array.from({ length: 4 }, () => (kernel - 1) / 2)), intsAttribute('strides', [stride, stride]),
    ]);
  const scale = network.store([channels, 1, 1], 1);
  const statistics = [network.store([channels], 1), network.store([channels], 1), network.store([channels], 1), network.store([channels], 0)];
  network.weights.push(makeTensor('variances', ElementType.FLOAT, [channels], draws('variances', [channels]).data.map((value) => 0.5 + value * value)));
  statistics[3] = 'variances';
  const byColumn = network.store([width], 1);
  const makers: readonly (() => string)[] = [
    () => convolve(choose(images), 3), () => convolve(choose(images.slice(-2)), 3), () => convolve(images.at(-1) ?? 'x', 3), () => convolve(choose(images), 1),
    () => network.add('Relu', [images.at(-1) ?? 'x']), () => network.add('Add', [images.at(-1) ?? 'x', choose(images)]), () => network.add('Sub', [network.add('Sigmoid', [choose(images)]), choose(images)]),
    () => network.add('BatchNormalization', [choose(images), ...statistics]), () => network.add('Mul', [choose(images), scale]), () => network.add('Mul', [byColumn, choose(images)]), () => network.add('Sigmoid', [choose(images)]),
    () => network.add('MaxPool', [choose(images)], [intsAttribute('kernel_shape', [3, 3]), pads(1, 1, 1, 1)]),
    () => network.add('Add', [choose(images), network.add('GlobalAveragePool', [choose(images)])]),
  ];
  for (let layer = 0; layer < 12; layer++) images.push(choose(makers)());
  for (const [kernel, stride] of [[3, 2], [1, 2], [5, 2]] as const) inner.push(convolve(choose(images), kernel, stride));
  return modelOf(network, [channels, height, width], [images.at(-1) ?? 'x', ...new Set([images.find((name) => name !== 'x') ?? 'x', ...inner])]);
}

test.each(Array.from({ length: 24 }, (_, seed) => [seed, 5 + (seed % 4), 4 + (seed % 3)] as const))('random networks compute the same in rows: %d, %d x %d', async (seed, height, width) => {
  const model = randomNetwork(randomStream(seed, 'rows'), height, width);
  expect((await differences(model, [2, 128, height, width])).worst).toBeLessThan(5e-6);
});

test('a residual network and its gradient stay cut into rows', async () => {
  const network = builder();
  const convolve = (image: string, stride = 1): string => network.add('Conv', [image, network.store([128, 128, 3, 3], 0.04), network.store([128], 0.2)], [pads(1, 1, 1, 1), intsAttribute('strides', [stride, stride])]);
  let image = network.add('Relu', [convolve('x', 2)]);
  for (let block = 0; block < 3; block++) image = network.add('Relu', [network.add('Add', [convolve(network.add('Relu', [convolve(image)])), image])]);
  const y = network.add('GlobalAveragePool', [network.add('Relu', [convolve(image, 2)])]);
  const { model } = differentiate(modelOf(network, [128, 16, 16], [y]), { of: y, at: ['x'] });
  const { worst: difference, kernels: found } = await differences(model, [2, 128, 16, 16]);
  expect(found.filter((kernel) => kernel === '3x3')).toEqual(['3x3']);
  expect(found.filter((kernel) => kernel === '1x3')).toHaveLength(2 * 6 * 4 + 1);
  expect(inRows(model).graph.node.filter(({ opType }) => opType === 'Concat').length).toBeLessThanOrEqual(model.graph.node.filter(({ opType }) => opType === 'Concat').length + 1);
  expect(difference).toBeLessThan(5e-6);
});
