import { expect, test } from '@jest/globals';
import { loadModel } from '@pellucid/backend-onnxruntime';
import { explain, randomStream, tensor, type Method, type ModelAdapter, type Tensor } from '@pellucid/core';
import { deepLift } from '@pellucid/method-deep-lift';
import { excitationBackprop } from '@pellucid/method-excitation-backprop';
import { guidedBackprop } from '@pellucid/method-guided-backprop';
import { lrp } from '@pellucid/method-lrp';
import { saliency } from '@pellucid/method-saliency';
import { ElementType, int64Tensor, intAttribute, intsAttribute, makeModel, makeNode, makeTensor, makeValueInfo, writeModel, type AttributeProto, type NodeProto, type TensorProto } from '@pellucid/onnx-graph';

/** Every method with rules of its own, with each rule of LRP, and plain gradients. */
const METHODS: Readonly<Record<string, Method>> = {
  'gradients': saliency(),
  'guided backprop': guidedBackprop(),
  'DeepLIFT': deepLift(),
  'excitation backprop': excitationBackprop(),
  'contrastive excitation backprop': excitationBackprop({ contrastive: true }),
  ...Object.fromEntries((['alpha-beta', 'z-plus', 'z-box', 'gamma', 'flat', 'w-square'] as const).map((rule) => [`LRP, the rule ${rule}`, lrp({ rule, epsilon: 0.1 })])),
  ...Object.fromEntries((['epsilon', 'gamma', 'alpha1-beta0', 'epsilon-plus', 'epsilon-alpha2-beta1'] as const).map((composite) => [`LRP ${composite}`, lrp({ composite, epsilon: 0.1 })])),
};

const CLASSES = 3;

/** A graph under construction. */
interface Graph {
  readonly op: (operator: string, inputs: readonly string[], attributes?: readonly AttributeProto[], output?: string) => string;
  readonly split: (x: string, count: number, axis: number) => readonly string[];
  readonly weight: (name: string, shape: readonly number[]) => string;
  readonly integers: (values: readonly number[]) => string;
}

/** A layer of a name in a graph, from x, with so many features before and behind it. */
type Layer = (graph: Graph, x: string, name: string, from: number, to: number) => string;

/** Two layers, with a ReLU between them, and a classifier of all that they give. */
function network(layer: Layer, [channels = 0, ...places]: readonly number[], last: boolean): Uint8Array {
  const nodes: NodeProto[] = [];
  const stored = new Map<string, TensorProto>();
  const store = (made: TensorProto): string => (stored.set(made.name, made), made.name);
  const graph: Graph = {
    op(operator, inputs, attributes = [], output = `t${nodes.length}`) {
      nodes.push(makeNode(operator, inputs, [output], attributes));
      return output;
    },
    split(x, count, axis) {
      const outputs = Array.from({ length: count }, (_, i) => `${x}/${i}`);
      nodes.push(makeNode('Split', [x], outputs, [intAttribute('axis', axis)]));
      return outputs;
    },
    weight: (name, shape) => store(makeTensor(name, ElementType.FLOAT, shape, Array.from({ length: shape.reduce((a, b) => a * b, 1) }, randomStream(3, name).normal).map((value) => value / 2))),
    integers: (values) => store(int64Tensor(`integers ${values.join(' ')}`, values)),
  };
  const hidden = layer(graph, graph.op('Relu', [layer(graph, 'x', 'first', channels, 8)]), 'second', 8, 5);
  const size = 5 * places.reduce((a, b) => a * b, 1);
  graph.op('Gemm', [graph.op('Reshape', [hidden, graph.integers([0, size])]), graph.weight('head w', [size, CLASSES]), graph.weight('head b', [CLASSES])], [], 'y');
  const info = (name: string, lengths: readonly number[]) => makeValueInfo(name, { elementType: ElementType.FLOAT, shape: ['n', ...lengths] });
  const inputs = [info('x', last ? [...places, channels] : [channels, ...places])];
  return writeModel(makeModel({ name: 'net', opset: 13, producer: 'test', nodes, initializers: [...stored.values()], inputs, outputs: [info('y', [CLASSES])] }));
}

const dense: Layer = ({ op, weight }, x, name, from, to) => op('Add', [op('MatMul', [x, weight(`${name} w`, [from, to])]), weight(`${name} b`, [to])]);
const turned: Layer = ({ op, weight }, x, name, from, to) => op('Add', [weight(`${name} b`, [to]), op('MatMul', [x, weight(`${name} w`, [from, to])])]);
const gemm: Layer = ({ op, weight }, x, name, from, to) => op('Gemm', [x, weight(`${name} w`, [from, to]), weight(`${name} b`, [to])]);
/** Token by token. */
const loop: Layer = (graph, x, name, from, to) => {
  const { op, split, integers } = graph;
  const tokens = split(x, 4, 1).map((token) => op('Reshape', [gemm(graph, op('Reshape', [token, integers([0, from])]), name, from, to), integers([0, 1, to])]));
  return op('Concat', tokens, [intAttribute('axis', 1)]);
};
const padded = [intsAttribute('pads', [1, 1, 1, 1])];
const convolution: Layer = ({ op, weight }, x, name, from, to) => op('Conv', [x, weight(`${name} w`, [to, from, 3, 3]), weight(`${name} b`, [to])], padded);
/** As older exporters, and that of PaddlePaddle, write it. */
const apart: Layer = ({ op, weight, integers }, x, name, from, to) =>
  op('Add', [op('Conv', [x, weight(`${name} w`, [to, from, 3, 3])], padded), op('Reshape', [weight(`${name} b`, [to]), integers([1, to, 1, 1])])]);

async function mapsOf(file: Uint8Array, input: Tensor): Promise<readonly Tensor[]> {
  const model = (await loadModel(file)) as ModelAdapter;
  const maps: Tensor[] = [];
  for (const method of Object.values(METHODS)) maps.push((await explain(model, method, { input, targets: [0, 2] })).values);
  await model.dispose();
  return maps;
}

function distance({ data }: Tensor, reference: Tensor): number {
  expect(data).toHaveLength(reference.data.length);
  const error = reference.data.reduce((sum, value, i) => sum + (value - data[i]!) ** 2, 0);
  return Math.sqrt(error / reference.data.reduce((sum, value) => sum + value ** 2, 0));
}

const drawn = (...shape: readonly number[]): Tensor => tensor(shape, Array.from({ length: shape.reduce((a, b) => a * b, 1) }, randomStream(3, 'input').normal));

test.each<[string, Layer, Layer, Tensor, readonly number[], boolean]>([
  ['MatMul and Add of rows give the maps of Gemm', dense, gemm, drawn(2, 6), [6], true],
  ['Add and MatMul of rows give the maps of Gemm', turned, gemm, drawn(2, 6), [6], true],
  ['MatMul and Add of tokens give the maps of one Gemm for each token', dense, loop, drawn(2, 4, 6), [6, 4], true],
  ['Conv and Add give the maps of Conv with a bias', apart, convolution, drawn(2, 3, 5, 5), [3, 5, 5], false],
])('%s', async (_, layer, reference, input, lengths, last) => {
  const [maps, references] = [await mapsOf(network(layer, lengths, last), input), await mapsOf(network(reference, lengths, last), input)];
  for (const [i, name] of Object.keys(METHODS).entries()) expect([name, distance(maps[i]!, references[i]!) < 1e-6]).toEqual([name, true]);
});
