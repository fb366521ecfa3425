import type { NodeProto } from 'onnx-buf';
import { graphInputs, replaceParts, tensorProducers, uniqueNames } from '../graph/edit-graph.ts';
import { bindNode } from '../model/inline-graph.ts';
import { copyWith, type OnnxModel } from '../model/onnx-model.ts';
import { opsetOf } from '../model/opset.ts';
import { intAttribute } from '../node/attributes.ts';
import { makeNode } from '../node/node.ts';

/** What the two halves of a batch hold, and what is given back of it. */
export interface BatchPairs {
  /** Inputs whose second half are baselines: each gets a further input `<NAME>/baseline` of the same type. */
  readonly baselines: readonly string[];
  /** Inputs that are the same in both halves. */
  readonly repeated: readonly string[];
  /** Outputs of which the half of the samples is given. */
  readonly halved: readonly string[];
}

/** A model that takes samples and their baselines and joins them inside, along the first axis, for one that takes joined batches. */
export function pairBatch(model: OnnxModel, { baselines, repeated, halved }: BatchPairs): OnnxModel {
  const unique = uniqueNames(model);
  const producers = tensorProducers(model);
  const outside = [...baselines, ...repeated, ...halved.filter((name) => producers.has(name))];
  const inside = new Map(outside.map((name) => [name, unique(`${name}/pairs`)]));
  const rename = (name: string): string => inside.get(name) ?? name;
  const baselineOf = new Map(baselines.map((name) => [name, unique(`${name}/baseline`)]));
  const join = (name: string): NodeProto => makeNode('Concat', [name, baselineOf.get(name) ?? name], [rename(name)], [intAttribute('axis', 0)]);
  const parts = opsetOf(model) >= 18 ? [intAttribute('num_outputs', 2)] : [];
  const split = (name: string): NodeProto => {
    const node = makeNode('Split', [rename(name)], [name, unique(`${name}/baselines`)], [intAttribute('axis', 0), ...parts]);
    // The node that makes the whole may have the name of its tensor.
    return copyWith(node, { name: unique(`${name}/samples`) });
  };
  const inputs = new Map(graphInputs(model).map((info) => [info.name, info]));
  return replaceParts(model, {
    node: [
      ...[...baselines, ...repeated].map(join),
      ...model.graph.node.map((node) => bindNode(node, new Map(), rename)),
      ...halved.filter((name) => producers.has(name)).map(split),
    ],
    input: [...model.graph.input, ...[...baselineOf].flatMap(([name, baseline]) => {
      const info = inputs.get(name);
      return info === undefined ? [] : [copyWith(info, { name: baseline })];
    })],
    // What is declared of inner tensors holds for one half.
    valueInfo: [],
  });
}
