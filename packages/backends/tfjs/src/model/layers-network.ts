import { findLayer, sizeOf, type LayerInfo, type LayerName, type Tensor, type TensorSpec } from '@pellucid/core';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';

import { inScope } from '../engine/scope.ts';
import { tape } from '../gradients/tape.ts';
import { layersParameters } from '../parameters/layers-parameters.ts';
import { bindInputs, type BoundInput, type Rows } from './bound-inputs.ts';
import { chooseInputs } from './choose-inputs.ts';
import { describeInput, type DeclaredInput, type NetworkSettings } from './describe-input.ts';
import { hasSum, layerBiases } from './layer-biases.ts';
import { layerFlow, type LayerFlow } from './layer-flow.ts';
import { layerKind } from './layer-kinds.ts';
import { activationName, collectLeaves, disposeAll, finalProbabilities, intercepting, withoutActivation, type Layer, type Leaf } from './layers-tree.ts';
import { layoutOf, softmaxCovers } from './layouts.ts';
import { readTensor, type Network, type Pass, type PassRequest } from './network.ts';
import { activate, withOneRectifier } from './rectifier-layers.ts';
import { droppingCells, withoutRecurrentDropout } from './recurrent-dropout.ts';
import { sumLayer, sumName } from './sum-layers.ts';
import { valueAt } from './value-at.ts';

/** One use of a layer during a pass: a shared layer is used several times. */
interface Use {
  readonly leaf: Leaf;
  readonly count: number;
}

/** Names every use: by the layer's name where it is unique, by its path otherwise; further uses of a shared layer get a number. */
function nameUses(leaves: readonly Leaf[]): (use: Use) => LayerName {
  const holders = new Map<string, number>();
  for (const { layer } of leaves) holders.set(layer.name, (holders.get(layer.name) ?? 0) + 1);
  return ({ leaf, count }) => {
    const base = holders.get(leaf.layer.name) === 1 ? leaf.layer.name : leaf.path.join('/');
    return count === 0 ? base : `${base}:${count}`;
  };
}

type Observe = (use: Use, inputs: tf.Tensor[], compute: () => tf.Tensor | tf.Tensor[]) => tf.Tensor | tf.Tensor[];

/** Runs the model, showing every use of a layer to `observe`. */
function runObserved(model: LayersModel, leaves: readonly Leaf[], inputs: tf.Tensor[], observe: Observe): tf.Tensor {
  const counts = new Map<Layer, number>();
  const output = intercepting(
    leaves,
    (leaf, values, compute) => {
      const count = counts.get(leaf.layer) ?? 0;
      counts.set(leaf.layer, count + 1);
      return observe({ leaf, count }, values, compute);
    },
    () => withoutRecurrentDropout(droppingCells(leaves), () => model.apply(inputs.length === 1 ? inputs[0]! : inputs, { training: false })),
  );
  return (Array.isArray(output) ? output[0] : output) as tf.Tensor;
}

/** Whether a layer that ends in probabilities does nothing else. */
const isSeparate = (layer: Layer): boolean => layer.getClassName() === 'Softmax' || layer.getClassName() === 'Activation';

/** Puts a batch of the explained input among the bound ones, in the order of the model's inputs. */
type Feed = (values: tf.Tensor, rows: Rows) => tf.Tensor[];

interface Survey {
  readonly layers: readonly LayerInfo[];
  readonly outputShape: readonly number[];
  readonly flow: LayerFlow;
  /** By the name of a layer: the sum in front of its own activation. */
  readonly sums: ReadonlyMap<LayerName, LayerInfo>;
}

/** Runs one sample of zeros to learn which layers run, in which order, and what they give. */
function surveyLayers(model: LayersModel, leaves: readonly Leaf[], input: TensorSpec, feed: Feed): Survey {
  const nameOf = nameUses(leaves);
  const layers: LayerInfo[] = [];
  const sums = new Map<LayerName, LayerInfo>();
  const named = new Set(leaves.flatMap(({ layer, path }) => [layer.name, path.join('/')]));
  const flow = layerFlow();
  const outputShape = inScope(() => {
    const samples = feed(tf.zeros([1, ...input.shape.slice(1)] as number[]), 1);
    flow.feed(samples);
    const output = runObserved(model, leaves, samples, (use, inputs, compute) => {
      const result = compute();
      const list = (Array.isArray(result) ? result : [result]).map((tensor) => (inputs.includes(tensor) ? tf.clone(tensor) : tensor));
      const [, ...shape] = list[0]!.shape;
      const { layer, path } = use.leaf;
      const name = nameOf(use);
      const info: LayerInfo = {
        name,
        aliases: [...new Set([path.join('/'), ...(use.count === 0 ? [layer.name] : [])])].filter((alias) => alias !== name),
        kind: layerKind(layer.getClassName(), activationName(layer)),
        operator: layer.getClassName(),
        shape: [null, ...shape],
        layout: layoutOf(shape.length + 1, input.shape.length, layer.dataFormat === 'channelsFirst'),
      };
      if (hasSum(layer)) sums.set(name, sumLayer(info, sumName(name, (taken) => named.has(taken))));
      layers.push(...[sums.get(name) ?? [], info].flat());
      flow.note(name, inputs, list);
      return Array.isArray(result) ? list : list[0]!;
    });
    flow.finish(output);
    return output.shape;
  });
  return { layers, outputShape, flow, sums };
}

function feeding(model: LayersModel, explained: string, bound: readonly BoundInput[]): Feed {
  return (values, rows) => {
    const feeds = new Map(bound.map(({ name, feed }) => [name, feed(rows)]));
    return model.inputNames.map((name) => (name === explained ? values : valueAt(feeds, name)));
  };
}

const inputsOf = (model: LayersModel, channelsFirst: boolean): DeclaredInput[] =>
  model.inputs.map(({ shape, dtype }, i) => ({ name: model.inputNames[i]!, shape, dtype, channelsFirst }));

/** What a layers model offers to the adapter. To be called inside `exclusive`. */
export function layersNetwork(model: LayersModel, name: string, settings: NetworkSettings, owned: boolean): Network {
  // A sequential model has no names for its inputs before it is built, which its first use does otherwise.
  if (model.inputNames.length === 0) model.build(model.inputs[0]!.shape);
  const leaves = collectLeaves(model);
  const nameOf = nameUses(leaves);
  const channelsFirst = leaves.some(({ layer }) => layer.dataFormat === 'channelsFirst');
  const { explained, others } = chooseInputs(name, inputsOf(model, channelsFirst), settings);
  const input = describeInput(name, explained, settings);
  const bound = bindInputs(name, others, settings.bind ?? {});
  const feed = feeding(model, input.name, bound);
  const { layers, outputShape, flow, sums } = surveyLayers(model, leaves, input, feed);
  const stated = settings.logits === undefined || settings.logits === 'output' ? undefined : findLayer({ name, layers }, settings.logits).name;
  const logitsShape = layers.find((layer) => layer.name === stated)?.shape ?? outputShape;
  const last = settings.logits === undefined ? finalProbabilities(model, softmaxCovers(outputShape)) : undefined;

  const owners = new Map([...sums].map(([layer, sum]) => [sum.name, layer]));
  const ownerOf = (place: LayerName): LayerName => owners.get(place) ?? place;
  const leading = flow.needed(stated === undefined ? [] : [ownerOf(stated)], '');

  /** Every use of a layer, as far as there is one in the pass. */
  const usesOf = (leaf: Leaf): LayerName[] => {
    const first = nameOf({ leaf, count: 0 });
    return layers.map(({ name }) => name).filter((name) => name === first || (name.startsWith(`${first}:`) && /^\d+$/.test(name.slice(first.length + 1))));
  };

  const end = leaves.find(({ layer }) => layer === last);
  const endName = end && nameOf({ leaf: end, count: 0 });
  const shapes = new Map(layers.map(({ name, shape }) => [name, shape]));
  /** The layers that a pass with given values has to compute; undefined where none are given, or something is asked of the layer that comes out on the way. */
  const neededFor = ({ activations, points, from, given }: PassRequest): ReadonlySet<LayerName> | undefined => {
    if (given === undefined || ownerOf(given.layer) === endName) return undefined;
    const wanted = [...activations, ...points, ...[from, stated].filter((layer) => layer !== undefined)];
    return wanted.some((place) => place !== given.layer && ownerOf(place) === given.layer) ? undefined : flow.needed(wanted.map(ownerOf), ownerOf(given.layer));
  };

  const run = (values: tf.Tensor, request: PassRequest): Pass => {
    const { activations, points, from, given, keep, samples } = request;
    const needed = neededFor(request);
    const read = new Map<LayerName, Tensor>();
    const tapped = new Map<LayerName, tf.Tensor>();
    const written: { readonly end: number; readonly name: LayerName }[] = [];
    let logits: tf.Tensor | undefined;
    let start: tf.Tensor | undefined;
    // The model frees values once their last reader is done: a clone outlives that, and the tape leads through it.
    const outliving = (tensor: tf.Tensor): tf.Tensor => keep(tf.keep(tf.clone(tensor)));
    const keepLogits = (tensor: tf.Tensor): void => {
      logits = outliving(tensor);
    };
    const note = (place: LayerName, value: tf.Tensor): void => {
      if (activations.has(place)) read.set(place, readTensor(value));
      if (points.has(place)) tapped.set(place, value);
      if (place === stated) keepLogits(value);
      if (place === from) start = outliving(value);
    };
    const isAsked = (place: LayerName): boolean => activations.has(place) || points.has(place) || [stated, from, given?.layer].includes(place);
    const output = runObserved(model, leaves, feed(values, samples ?? values.shape[0]!), (use, inputs, original) => {
      const layerName = nameOf(use);
      const { layer } = use.leaf;
      // Only what nobody needs reads it: its batch may be any.
      if (needed?.has(layerName) === false) return tf.zeros([1, ...(shapes.get(layerName) ?? []).slice(1)] as number[]);
      const compute = (): tf.Tensor | tf.Tensor[] => withOneRectifier(layer, inputs, original);
      const sum = sums.get(layerName)?.name;
      const isLast = layer === last;
      const throughSum = isLast ? !isSeparate(layer) : sum !== undefined && isAsked(sum);
      const exchange = (): tf.Tensor => {
        const value = given !== undefined && given.layer === sum ? tf.clone(given.values) : withoutActivation(layer, compute);
        if (sum !== undefined) note(sum, value);
        if (isLast) keepLogits(value);
        return value;
      };
      const computed = (): tf.Tensor | tf.Tensor[] => {
        if (isLast && !throughSum) keepLogits(inputs[0]!);
        return throughSum ? activate(layer, exchange()) : compute();
      };
      const isGiven = layerName === given?.layer;
      // What it would have computed is needed where the logits, or what else is asked for, come out of it on the way.
      if (isGiven && (isLast || throughSum)) computed();
      const result = isGiven ? tf.clone(given.values) : computed();
      const list = (Array.isArray(result) ? result : [result]).map((tensor) => (inputs.includes(tensor) ? tf.clone(tensor) : tensor));
      note(layerName, list[0]!);
      written.push({ end: tape().length, name: layerName });
      return Array.isArray(result) ? list : list[0]!;
    });
    const locate = (index: number): string => written.find(({ end }) => index < end)?.name ?? 'output';
    return { output, logits: logits ?? output, start, activations: read, points: tapped, locate };
  };

  return {
    input,
    output: { name: model.outputNames[0]!, shape: [null, ...outputShape.slice(1)], layout: layoutOf(outputShape.length, input.shape.length, channelsFirst) },
    classes: sizeOf(logitsShape.slice(1) as number[]),
    layers,
    bound,
    sums: new Set(owners.keys()),
    biases: layerBiases(leaves, layers, sums, usesOf, { needed: stated === undefined ? leading : flow.leadingTo(ownerOf(stated)), last }),
    parameters: layersParameters(model, name, leaves, layers.filter((layer) => leading.has(layer.name)), (leaf) => nameOf({ leaf, count: 0 }), (copy) => layersNetwork(copy, name, settings, true)),
    run,
    dispose: () => {
      if (owned) disposeAll(model);
    },
  };
}
