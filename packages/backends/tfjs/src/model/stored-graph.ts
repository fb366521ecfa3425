import { GraphModel } from '@tensorflow/tfjs-converter';
import * as tf from '@tensorflow/tfjs-core';

/** A node as `model.json` has it. */
export interface StoredNode {
  readonly name: string;
  readonly op: string;
  readonly input?: readonly string[];
  readonly attr?: Readonly<Record<string, unknown>>;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The name of the node that an input refers to: without the number of the output, and the mark of an order. */
export const nodeName = (input: string): string => input.replace(/^\^/, '').replace(/:\d+$/, '');

const decode = (text: unknown): string => Buffer.from(String(text), 'base64').toString();

/** A text among the attributes of a node. */
export function textAttribute({ attr = {} }: StoredNode, name: string): string | undefined {
  const value = attr[name];
  return isObject(value) && value['s'] !== undefined ? decode(value['s']) : undefined;
}

/** A number among the attributes of a node. */
export function numberAttribute({ attr = {} }: StoredNode, name: string): number | undefined {
  const value = attr[name];
  return isObject(value) && value['f'] !== undefined ? Number(value['f']) : undefined;
}

/** A list of whole numbers among the attributes of a node. */
export function numbersAttribute({ attr = {} }: StoredNode, name: string): readonly number[] | undefined {
  const value = attr[name];
  const list = isObject(value) ? value['list'] : undefined;
  const numbers: unknown = isObject(list) ? list['i'] : undefined;
  return Array.isArray(numbers) ? numbers.map(Number) : undefined;
}

/** Whether a mark among the attributes of a node is set. */
export function truthAttribute({ attr = {} }: StoredNode, name: string): boolean {
  const value = attr[name];
  return isObject(value) && value['b'] === true;
}

/** The names of what a fused operation does behind its product. */
export function fusedParts({ attr = {} }: StoredNode): readonly string[] {
  const list = isObject(attr['fused_ops']) ? attr['fused_ops']['list'] : undefined;
  const names: unknown = isObject(list) ? list['s'] : undefined;
  return Array.isArray(names) ? names.map(decode) : [];
}

/** A text, or a list of texts or numbers, as attributes hold them. */
export const asAttribute = {
  text: (text: string): object => ({ s: Buffer.from(text).toString('base64') }),
  texts: (texts: readonly string[]): object => ({ list: { s: texts.map((text) => Buffer.from(text).toString('base64')) } }),
  numbers: (numbers: readonly number[]): object => ({ list: { i: numbers.map(String) } }),
} as const;

/** Without the nodes that had readers and lost them all. */
export function pruned(nodes: readonly StoredNode[], before: readonly StoredNode[], isOutput: (node: string) => boolean): readonly StoredNode[] {
  const readBy = (list: readonly StoredNode[]): ReadonlySet<string> => new Set(list.flatMap(({ input = [] }) => input.map(nodeName)));
  const wasRead = readBy(before);
  for (let left = nodes; ;) {
    const read = readBy(left);
    const kept = left.filter(({ name }) => read.has(name) || !wasRead.has(name) || isOutput(name));
    if (kept.length === left.length) return left;
    left = kept;
  }
}

/** The parts of a graph model that have no public name. */
interface Internals {
  readonly artifacts: tf.io.ModelArtifacts;
  readonly loadWithWeightMap: (artifacts: tf.io.ModelArtifacts, weights: tf.NamedTensorMap) => boolean;
}

/** The same model with other weights, of the same names. They belong to the copy. */
export function withWeights(model: GraphModel, weights: tf.NamedTensorMap, modelTopology?: object): GraphModel {
  const own = (model as unknown as Internals).artifacts;
  const artifacts = modelTopology === undefined ? own : { ...own, modelTopology };
  const copy = new GraphModel(tf.io.fromMemory(artifacts));
  (copy as unknown as Internals).loadWithWeightMap(artifacts, weights);
  return copy;
}

/** A model with the nodes that `rewrite` makes of its own, on the same weights, which disposing of either frees; the model itself where nothing changes. */
export function withNodes(model: GraphModel, rewrite: (nodes: readonly StoredNode[]) => readonly StoredNode[]): GraphModel {
  const { modelTopology } = (model as unknown as Internals).artifacts;
  if (!isObject(modelTopology) || !Array.isArray(modelTopology['node'])) return model;
  const nodes = modelTopology['node'] as readonly StoredNode[];
  const changed = rewrite(nodes);
  if (changed === nodes) return model;
  const weights = Object.fromEntries(Object.entries(model.weights).flatMap(([name, tensors]) => tensors.map((tensor) => [name, tensor])));
  return withWeights(model, weights, { ...modelTopology, node: changed });
}
