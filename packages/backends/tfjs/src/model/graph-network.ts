import { findLayer, PellucidError, sizeOf, type LayerInfo, type LayerName, type Tensor, type TensorSpec } from '@pellucid/core';
import * as tf from '@tensorflow/tfjs-core';
import type { GraphModel } from '@tensorflow/tfjs-converter';

import { inScope } from '../engine/scope.ts';
import { describeInput, type NetworkSettings } from './describe-input.ts';
import { graphNodes, type GraphNode } from './graph-nodes.ts';
import { operatorKind } from './layer-kinds.ts';
import { layoutOf, softmaxCovers } from './layouts.ts';
import { readTensor, type Network, type Pass, type PassRequest } from './network.ts';
import { valueAt } from './value-at.ts';

/** Operators that pass a softmax on without changing its values. */
const TRANSPARENT: ReadonlySet<string> = new Set(['Identity', 'Reshape', 'Squeeze']);

/** The tensor name of what goes into a softmax that ends the graph. */
function logitsNode(output: GraphNode): string | undefined {
  let node = output;
  while (TRANSPARENT.has(node.op)) {
    const [source] = node.inputs;
    if (source === undefined) return undefined;
    node = source;
  }
  return node.op === 'Softmax' ? node.inputNames[0] : undefined;
}

/** Other names of a node: its parts from any level on, and the module that it is the last node of. */
function aliasesOf(name: string, lastOfModule: ReadonlyMap<string, string>): string[] {
  const parts = name.split('/');
  const aliases = [`${name}:0`];
  for (let start = 1; start < parts.length; start++) aliases.push(parts.slice(start).join('/'));
  const module = parts.slice(0, -1);
  if (lastOfModule.get(module.join('/')) === name) {
    for (let start = 0; start < module.length; start++) aliases.push(module.slice(start).join('/'));
  }
  return aliases;
}

/** Runs one sample of zeros to learn what every node on the way to the output gives. */
function surveyNodes(model: GraphModel, nodes: readonly GraphNode[], input: TensorSpec): LayerInfo[] {
  const lastOfModule = new Map(nodes.map(({ name }) => [name.split('/').slice(0, -1).join('/'), name]));
  return inScope(() => {
    const sample = tf.zeros([1, ...input.shape.slice(1)] as number[]);
    const results = model.execute({ [input.name]: sample }, nodes.map(({ name }) => name));
    return (Array.isArray(results) ? results : [results]).flatMap((result, i): LayerInfo[] => {
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

/** A name without what sets the operators of graphs apart from the kernels that run them: `_FusedConv2D`, `fusedConv2d__op`. */
const bare = (name: string): string => name.toLowerCase().replace(/__op$|_|v\d$|native$/g, '');

/** The first node that may have run a kernel: the tape does not say which. A fused node runs those of its parts. */
function nodeOf(nodes: readonly GraphNode[], kernel: string): string {
  const wanted = bare(kernel);
  const found =
    nodes.find(({ op }) => bare(op) === wanted) ??
    nodes.find(({ name }) => bare(name.split('/').at(-1) ?? '') === wanted) ??
    nodes.find(({ op }) => bare(op).includes(wanted));
  return found?.name ?? 'unknown';
}

function checkSingle(model: GraphModel, name: string): void {
  if (model.inputs.length === 1 && model.outputs.length === 1) return;
  throw new PellucidError('MODEL_UNSUPPORTED', {
    model: name,
    problem: `it has ${model.inputs.length} inputs and ${model.outputs.length} outputs`,
    help: 'Export a model with one input and one output.',
  });
}

/** What a graph model offers to the adapter. To be called inside `exclusive`. */
export function graphNetwork(model: GraphModel, name: string, settings: NetworkSettings, owned: boolean): Network {
  checkSingle(model, name);
  const declared = model.inputs[0]!;
  const inputName = declared.name.replace(/:0$/, '');
  const input = describeInput(name, { name: inputName, shape: declared.shape, channelsFirst: false }, settings);
  const { reachable, output: outputNode } = graphNodes(model);
  const layers = surveyNodes(model, reachable, input);
  const outputName = outputNode.name;
  const outputShape = inScope(() => (model.execute(tf.zeros([1, ...input.shape.slice(1)] as number[]), outputName) as tf.Tensor).shape);
  const stated = settings.logits === undefined || settings.logits === 'output' ? undefined : findLayer({ name, layers }, settings.logits).name;
  const softmax = settings.logits === undefined && softmaxCovers(outputShape) ? logitsNode(outputNode) : undefined;
  const logitsShape = layers.find((layer) => layer.name === stated)?.shape ?? outputShape;

  const run = (values: tf.Tensor, { activations, points }: PassRequest): Pass => {
    const wanted = [...new Set([outputName, stated ?? softmax ?? outputName, ...activations, ...points])];
    const results = model.execute({ [inputName]: values }, wanted);
    const list = Array.isArray(results) ? results : [results];
    const byName = new Map(wanted.map((node, i) => [node, list[i]!]));
    const valueOf = (node: LayerName): tf.Tensor => valueAt(byName, node);
    return {
      output: valueOf(outputName),
      logits: valueOf(stated ?? softmax ?? outputName),
      activations: new Map([...activations].map((node): [LayerName, Tensor] => [node, readTensor(valueOf(node))])),
      points: new Map([...points].map((node) => [node, valueOf(node)])),
      locate: (_, kernel) => nodeOf(reachable, kernel),
    };
  };

  return {
    input,
    output: { name: model.outputNodes[0]!, shape: [null, ...outputShape.slice(1)], layout: layoutOf(outputShape.length, input.shape.length) },
    classes: sizeOf(logitsShape.slice(1) as number[]),
    layers,
    run,
    dispose: () => {
      if (owned) model.dispose();
    },
  };
}
