import { findLayer, sizeOf, type LayerInfo, type LayerName, type Tensor, type TensorSpec } from '@pellucid/core';
import * as tf from '@tensorflow/tfjs-core';
import type { GraphModel } from '@tensorflow/tfjs-converter';

import { inScope } from '../engine/scope.ts';
import { graphParameters } from '../parameters/graph-parameters.ts';
import { bindInputs, type BoundInput, type Rows } from './bound-inputs.ts';
import { chooseInputs } from './choose-inputs.ts';
import { describeInput, type DeclaredInput, type NetworkSettings } from './describe-input.ts';
import { graphBiases } from './graph-biases.ts';
import { graphNodes, type GraphNode } from './graph-nodes.ts';
import { fusedActivation, graphSums, withSums } from './graph-sums.ts';
import { operatorKind } from './layer-kinds.ts';
import { layoutOf, softmaxCovers } from './layouts.ts';
import { readTensor, type GivenValues, type Network } from './network.ts';
import { dilatedGraph, runnableGraph } from './rewritten-graph.ts';
import { traceNodes } from './trace-nodes.ts';
import { valueAt } from './value-at.ts';

/** Operators that pass scores on without changing their values. */
const TRANSPARENT: ReadonlySet<string> = new Set(['Cast', 'ExpandDims', 'Identity', 'Reshape', 'Squeeze']);
/** Operators that turn scores into probabilities, each class by itself or, `true`, all together. */
const PROBABILITIES: ReadonlyMap<string, boolean> = new Map([['LogSoftmax', true], ['Sigmoid', false], ['Softmax', true]]);

/** The tensor name of what goes into a softmax or sigmoid that ends the graph. */
function logitsNode(output: GraphNode, outputShape: readonly number[], sums: ReadonlyMap<LayerName, LayerInfo>): string | undefined {
  let node = output;
  while (TRANSPARENT.has(node.op)) {
    const [source] = node.inputs;
    if (source === undefined) return undefined;
    node = source;
  }
  if (fusedActivation(node) === 'sigmoid') return sums.get(node.name)?.name;
  const together = PROBABILITIES.get(node.op);
  return together === undefined || (together && !softmaxCovers(outputShape)) ? undefined : node.inputNames[0];
}

const moduleOf = (name: string): string => name.split('/').slice(0, -1).join('/');

/** The last node of every module that holds nodes itself: a layer whose activation is a module inside it ends with that. */
function lastNodes(nodes: readonly GraphNode[]): ReadonlyMap<string, string> {
  const modules = new Set(nodes.map(({ name }) => moduleOf(name)));
  const last = new Map<string, string>();
  for (const { name } of nodes) {
    for (let module = moduleOf(name); module !== ''; module = moduleOf(module)) if (modules.has(module)) last.set(module, name);
  }
  return last;
}

/** Other names of a node: its parts from any level on, and the modules that it is the last node of. */
function aliasesOf(name: string, lastOfModule: ReadonlyMap<string, string>): string[] {
  const endings = (path: string): string[] => path.split('/').map((_, start, parts) => parts.slice(start).join('/'));
  const aliases = [`${name}:0`, ...endings(name).slice(1)];
  for (let module = moduleOf(name); module !== ''; module = moduleOf(module)) if (lastOfModule.get(module) === name) aliases.push(...endings(module));
  return aliases;
}

/** Runs the graph over a batch of the explained input, and gives the values of nodes. */
type Execute = (values: tf.Tensor, nodes: readonly string[], rows: Rows, given?: GivenValues) => tf.Tensor[];

/** Runs one sample of zeros to learn what every node on the way to the output gives. */
function surveyNodes(execute: Execute, nodes: readonly GraphNode[], input: TensorSpec): LayerInfo[] {
  // Asked for no nodes, the engine would run the outputs.
  if (nodes.length === 0) return [];
  const lastOfModule = lastNodes(nodes);
  return inScope(() => {
    const sample = tf.zeros([1, ...input.shape.slice(1)] as number[]);
    return execute(sample, nodes.map(({ name }) => name), 1).flatMap((result, i): LayerInfo[] => {
      const { name, op } = nodes[i]!;
      if (result.dtype !== 'float32' || result.rank < 2 || result.shape[0] !== 1) return [];
      const aliases = aliasesOf(name, lastOfModule);
      return [
        {
          name,
          aliases,
          kind: operatorKind(op),
          operator: op,
          shape: [null, ...result.shape.slice(1)],
          layout: layoutOf(result.rank, input.shape.length),
        },
      ];
    });
  });
}

const inputsOf = (model: GraphModel): DeclaredInput[] =>
  model.inputs.map(({ name, shape, dtype }) => ({ name: name.replace(/:0$/, ''), shape, dtype, channelsFirst: false }));

/** Runs a graph whose explained input has this name. */
const executing = (model: GraphModel, input: string, bound: readonly BoundInput[]): Execute => (values, nodes, rows, given) => {
  const feeds = bound.map((other): [string, tf.Tensor] => [other.name, other.feed(rows)]);
  const results = model.execute({ [input]: values, ...Object.fromEntries(feeds), ...(given && { [given.layer]: given.values }) }, [...nodes]);
  return Array.isArray(results) ? results : [results];
};

/** A graph that can be run, and its nodes on the way to the output. */
interface Runner {
  readonly nodes: readonly GraphNode[];
  readonly execute: Execute;
}

/** Where a query asks for the sum before an activation, the graph in which it is a node; undefined for other queries, which fused operations answer faster. */
function sumRunner(
  model: GraphModel, name: string, sums: ReadonlyMap<LayerName, LayerInfo>, executeOf: (apart: GraphModel) => Execute,
): (asked: readonly LayerName[]) => Runner | undefined {
  const names = new Set([...sums.values()].map((sum) => sum.name));
  let runner: Runner | undefined;
  return (asked) => {
    if (!asked.some((layer) => names.has(layer))) return undefined;
    if (runner === undefined) {
      const apart = withSums(model, sums);
      runner = { nodes: graphNodes(apart, name).reachable, execute: executeOf(apart) };
    }
    return runner;
  };
}

/** The passes of a graph. */
const running = (fused: Runner, runnerFor: ReturnType<typeof sumRunner>, outputName: string, logitsName: string): Network['run'] =>
  (values, { activations, points, from, given, samples }) => {
    const wanted = [...new Set([outputName, logitsName, ...activations, ...points, ...(from === undefined ? [] : [from])])];
    const { nodes, execute } = runnerFor(given === undefined ? wanted : [...wanted, given.layer]) ?? fused;
    const { result: results, locate } = traceNodes(nodes, () => execute(values, wanted, samples ?? values.shape[0]!, given));
    const byName = new Map(wanted.map((node, i) => [node, results[i]!]));
    const valueOf = (node: LayerName): tf.Tensor => valueAt(byName, node);
    return {
      output: valueOf(outputName),
      logits: valueOf(logitsName),
      start: from === undefined ? undefined : valueOf(from),
      activations: new Map([...activations].map((node): [LayerName, Tensor] => [node, readTensor(valueOf(node))])),
      points: new Map([...points].map((node) => [node, valueOf(node)])),
      locate,
    };
  };

/** What a graph model offers to the adapter. To be called inside `exclusive`. */
export function graphNetwork(source: GraphModel, name: string, settings: NetworkSettings, owned: boolean): Network {
  const { explained, others } = chooseInputs(name, inputsOf(source), settings);
  const input = describeInput(name, explained, settings);
  const bound = bindInputs(name, others, settings.bind ?? {});
  const runnable = runnableGraph(source);
  const zeros = (samples: number): tf.Tensor => tf.zeros([samples, ...input.shape.slice(1)] as number[]);
  const model = dilatedGraph(runnable, graphNodes(runnable, name).all, (samples, nodes) => executing(runnable, input.name, bound)(zeros(samples), nodes, samples));
  const { all, reachable, output: outputNode } = graphNodes(model, name);
  const execute = executing(model, input.name, bound);
  const results = surveyNodes(execute, reachable, input);
  const sums = graphSums(reachable, results);
  const layers = results.flatMap((layer) => [sums.get(layer.name) ?? [], layer].flat());
  const outputName = outputNode.name;
  const outputShape = inScope(() => execute(zeros(1), [outputName], 1)[0]!.shape);
  const stated = settings.logits === undefined || settings.logits === 'output' ? undefined : findLayer({ name, layers }, settings.logits).name;
  const found = settings.logits === undefined ? logitsNode(outputNode, outputShape, sums) : undefined;
  const logitsName = stated ?? found ?? outputName;
  const logitsShape = layers.find((layer) => layer.name === stated)?.shape ?? outputShape;
  const isLogits = ({ name: node }: GraphNode): boolean => node === logitsName || sums.get(node)?.name === logitsName;

  return {
    input,
    output: { name: model.outputNodes[0]!, shape: [null, ...outputShape.slice(1)], layout: layoutOf(outputShape.length, input.shape.length) },
    classes: sizeOf(logitsShape.slice(1) as number[]),
    layers,
    bound,
    sums: new Set([...sums.values()].map((sum) => sum.name)),
    biases: graphBiases(reachable, layers, sums, all.find(isLogits) ?? outputNode, model.weights),
    parameters: graphParameters(model, reachable, new Set(layers.map((layer) => layer.name)), (copy) => graphNetwork(copy, name, settings, true)),
    run: running({ nodes: reachable, execute }, sumRunner(model, name, sums, (apart) => executing(apart, input.name, bound)), outputName, logitsName),
    dispose: () => {
      if (owned) model.dispose();
    },
  };
}
