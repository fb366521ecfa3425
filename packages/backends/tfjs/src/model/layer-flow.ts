import type { LayerName } from '@pellucid/core';
import type * as tf from '@tensorflow/tfjs-core';

/** Which layers read which others, as one pass shows it. */
export interface LayerFlow {
  /** Starts a pass with these inputs of the model. */
  readonly feed: (inputs: readonly tf.Tensor[]) => void;
  /** Notes what a layer read and gave. A tensor of unknown origin counts as one that all layers before may have made. */
  readonly note: (layer: LayerName, inputs: readonly tf.Tensor[], outputs: readonly tf.Tensor[]) => void;
  /** Says which layer gave the output. */
  readonly finish: (output: tf.Tensor) => void;
  /** The layers on which the output, the wanted layers, and layers of several results depend, where one of them needs none of what it reads. */
  readonly needed: (wanted: readonly LayerName[], cut: LayerName) => ReadonlySet<LayerName>;
  /** A layer, and those on which it depends. */
  readonly leadingTo: (layer: LayerName) => ReadonlySet<LayerName>;
}

/** An empty record, for the layers of one model. */
export function layerFlow(): LayerFlow {
  const writers = new Map<number, LayerName | null>();
  const sources = new Map<LayerName, readonly LayerName[]>();
  const ends: LayerName[] = [];
  const before = (): readonly LayerName[] => [...sources.keys()];
  const writersOf = (tensors: readonly tf.Tensor[]): readonly LayerName[] =>
    tensors.flatMap(({ id }) => {
      const writer = writers.get(id);
      if (writer === undefined) return before();
      return writer === null ? [] : [writer];
    });
  const walk = (open: LayerName[], cut?: LayerName): ReadonlySet<LayerName> => {
    const found = new Set<LayerName>();
    for (let layer = open.pop(); layer !== undefined; layer = open.pop()) {
      if (found.has(layer)) continue;
      found.add(layer);
      if (layer !== cut) open.push(...(sources.get(layer) ?? []));
    }
    return found;
  };
  return {
    feed: (inputs) => {
      for (const { id } of inputs) writers.set(id, null);
    },
    note: (layer, inputs, outputs) => {
      sources.set(layer, writersOf(inputs));
      for (const { id } of outputs) writers.set(id, layer);
      if (outputs.length !== 1) ends.push(layer);
    },
    finish: (output) => {
      ends.push(...writersOf([output]));
    },
    needed: (wanted, cut) => walk([...ends, ...wanted], cut),
    leadingTo: (layer) => walk([layer]),
  };
}
