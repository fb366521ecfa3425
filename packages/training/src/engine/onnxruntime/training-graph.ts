import { differentiate, OPTIMIZATIONS } from '@pellucid/onnx-autodiff';
import { ElementType, extendGraph, intAttribute, makeTensor, makeValueInfo, type OnnxModel } from '@pellucid/onnx-graph';
import type { NetworkDefinition } from '../../network/network.ts';
import { ADAM } from '../trainer.ts';
import { networkGraph, networkModel, STATISTICS, WEIGHTS, type NetworkGraph } from './network-graph.ts';
import { afterStep, nodeList, type NodeList } from './node-list.ts';

/** Inputs of a step besides the images, the weights and the statistics. */
export const LABELS = 'labels';
export const FIRST = 'first';
export const SECOND = 'second';
export const FIRST_FACTOR = 'first/factor';
export const SECOND_FACTOR = 'second/factor';

/** Outputs of a step. */
export const LOSS = 'loss';
export const CORRECT = 'correct';

const COTANGENT = 'loss/cotangent';

/** The mean cross-entropy of a batch, its derivative at the logits, (softmax - one-hot) / N, and how many are right. */
function lossNodes(list: NodeList, logits: string, classes: number, batch: number): void {
  const last = intAttribute('axis', -1);
  list.initializers.push(makeTensor('loss/bounds', ElementType.FLOAT, [2], [0, 1]));
  const expected = list.op('OneHot', [LABELS, list.integers([classes]), 'loss/bounds']);
  const picked = list.op('ReduceSum', [list.op('Mul', [list.op('LogSoftmax', [logits], [last]), expected])], [intAttribute('keepdims', 0)]);
  list.op('Div', [picked, list.scalar(-batch)], [], LOSS);
  list.op('Div', [list.op('Sub', [list.op('Softmax', [logits], [last]), expected]), list.scalar(batch)], [], COTANGENT);
  const best = list.op('ArgMax', [logits], [intAttribute('axis', 1), intAttribute('keepdims', 0)]);
  const right = list.op('Cast', [list.op('Equal', [best, LABELS])], [intAttribute('to', ElementType.FLOAT)]);
  list.op('ReduceSum', [right], [intAttribute('keepdims', 0)], CORRECT);
}

/** Kingma and Ba 2015, algorithm 1, for all weights at once. */
function adamNodes(list: NodeList, gradient: string): void {
  const average = (name: string, value: string, beta: number): string =>
    list.op('Add', [list.op('Mul', [name, list.scalar(beta)]), list.op('Mul', [value, list.scalar(1 - beta)])], [], afterStep(name));
  const first = average(FIRST, gradient, ADAM.beta1);
  const second = average(SECOND, list.op('Mul', [gradient, gradient]), ADAM.beta2);
  const root = list.op('Sqrt', [list.op('Mul', [second, SECOND_FACTOR])]);
  const change = list.op('Div', [list.op('Mul', [first, FIRST_FACTOR]), list.op('Add', [root, list.scalar(ADAM.epsilon)])]);
  list.op('Sub', [WEIGHTS, change], [], afterStep(WEIGHTS));
}

function joinedRow(list: NodeList, names: readonly string[], output?: string): string {
  const flat = list.integers([-1]);
  return list.op('Concat', names.map((name) => list.op('Reshape', [name, flat])), [intAttribute('axis', 0)], output);
}

/** A network that can be differentiated at its weights: forward, loss, and the loss's derivative at the logits. */
function withLoss(network: NetworkDefinition, graph: NetworkGraph, batch: number): OnnxModel {
  const list = nodeList('loss');
  lossNodes(list, graph.logits, network.classes, batch);
  return extendGraph(networkModel(network, { batch }, graph), {
    node: list.nodes, initializer: list.initializers,
    input: [makeValueInfo(LABELS, { elementType: ElementType.INT64, shape: [batch] })],
  });
}

/** One step of training on batches of a size as a model: state and batch in, state out. */
export function trainingStep(network: NetworkDefinition, batch: number): OnnxModel {
  const graph = networkGraph(network, { batch });
  const names = graph.weights.map(({ name }) => name);
  const { model, gradients } = differentiate(withLoss(network, graph, batch), {
    of: graph.logits, at: names, cotangent: COTANGENT, unreachable: 'zero', optimizations: OPTIMIZATIONS,
  });
  const list = nodeList('step');
  adamNodes(list, joinedRow(list, names.map((name) => gradients.get(name) ?? '')));
  if (graph.statistics.length > 0) joinedRow(list, graph.statistics.map(({ name }) => afterStep(name)), afterStep(STATISTICS));
  const float = { elementType: ElementType.FLOAT } as const;
  const count = graph.weights.reduce((sum, { size }) => sum + size, 0);
  const rows = [WEIGHTS, FIRST, SECOND].map((name) => makeValueInfo(afterStep(name), { ...float, shape: [count] }));
  const kept = graph.statistics.reduce((sum, { size }) => sum + size, 0);
  return extendGraph(model, {
    node: list.nodes, initializer: list.initializers,
    input: [
      ...[FIRST, SECOND].map((name) => makeValueInfo(name, { ...float, shape: [count] })),
      ...[FIRST_FACTOR, SECOND_FACTOR].map((name) => makeValueInfo(name, { ...float, shape: [] })),
    ],
    output: [
      ...[LOSS, CORRECT].map((name) => makeValueInfo(name, { ...float, shape: [] })), ...rows,
      ...(kept > 0 ? [makeValueInfo(afterStep(STATISTICS), { ...float, shape: [kept] })] : []),
    ],
  });
}
