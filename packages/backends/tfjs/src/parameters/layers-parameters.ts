import { PellucidError, type LayerInfo, type LayerName } from '@pellucid/core';
import * as tf from '@tensorflow/tfjs-core';
import { loadLayersModel, type LayersModel } from '@tensorflow/tfjs-layers';

import { collectLeaves, disposeAll, type Leaf } from '../model/layers-tree.ts';
import type { Network } from '../model/network.ts';
import { withDepthMultipliers } from '../model/separable-layers.ts';
import type { LearntTensors, NetworkParameters } from './network-parameters.ts';

/** A parameter of a layer. What it reads is the variable itself. */
interface Weight {
  readonly originalName: string;
  readonly read: () => tf.Tensor;
}

const weightsOf = ({ layer }: Leaf): readonly Weight[] => layer.weights;

/** Names as layers give them, with the layer in front and then a number where two are alike. */
function nameWeights(leaves: readonly Leaf[]): ReadonlyMap<Weight, string> {
  const taken = new Set<string>();
  return new Map(leaves.flatMap((leaf) => weightsOf(leaf).map((weight): [Weight, string] => {
    const wanted = [weight.originalName, `${leaf.path.join('/')}/${weight.originalName}`];
    let name = wanted.find((candidate) => !taken.has(candidate));
    for (let i = 1; name === undefined; i++) if (!taken.has(`${wanted[1]!}_${i}`)) name = `${wanted[1]!}_${i}`;
    taken.add(name);
    return [weight, name];
  })));
}

/** Initial values are never used, and take long to draw for some layers. */
const withoutInitializers = (key: string, value: unknown): unknown => (key.endsWith('_initializer') && value !== null ? { class_name: 'Zeros', config: {} } : value);

/** Builds the topology of a model once more. */
async function rebuild(model: LayersModel, name: string): Promise<LayersModel> {
  try {
    const described = JSON.parse(model.toJSON(null) as string, withoutInitializers) as object;
    const modelTopology = withDepthMultipliers(described, model.weights.map(({ originalName, shape }) => ({ name: originalName, shape: shape as number[] })));
    const copy = await loadLayersModel(tf.io.fromMemory({ modelTopology }));
    if (!copy.built) copy.build(model.inputs[0]!.shape);
    return copy;
  } catch (cause) {
    const problem = `TensorFlow.js cannot build it again from its description: ${cause instanceof Error ? cause.message : String(cause)}`;
    throw new PellucidError('MODEL_UNSUPPORTED', { model: name, problem, help: 'Register the classes of its layers with `tf.serialization.registerClass`.' }, { cause });
  }
}

function fill(copy: LayersModel, leaves: readonly Leaf[], names: ReadonlyMap<Weight, string>, changed: ReadonlyMap<string, tf.Tensor>): void {
  const copied = collectLeaves(copy);
  leaves.forEach((leaf, i) => {
    const targets = copied[i] === undefined ? [] : weightsOf(copied[i]);
    weightsOf(leaf).forEach((weight, j) => {
      const [source, target] = [changed.get(names.get(weight) ?? '') ?? weight.read(), targets[j]?.read() as tf.Variable | undefined];
      // Not the parameter's own `write`: it would bend values to the constraints of training.
      if (target === undefined) throw new Error(`internal: the copy has no ${weight.originalName}`);
      target.assign(source);
    });
  });
}

/**
 * What a layers model learnt.
 * @param layers - in the order of execution, as far as they lead to the output
 * @param nameOf - the name of a layer's first use
 */
export function layersParameters(
  model: LayersModel, name: string, leaves: readonly Leaf[], layers: readonly LayerInfo[], nameOf: (leaf: Leaf) => LayerName, describe: (copy: LayersModel) => Network,
): NetworkParameters {
  const names = nameWeights(leaves);
  const byName = new Map(leaves.map((leaf) => [nameOf(leaf), leaf]));
  const learnt = layers.flatMap((layer): LearntTensors[] => {
    const leaf = byName.get(layer.name);
    const weights = leaf === undefined ? [] : weightsOf(leaf).filter((weight) => weight.read().dtype === 'float32');
    return weights.length === 0 ? [] : [{ layer: layer.name, tensors: new Map(weights.map((weight) => [names.get(weight) ?? '', () => weight.read()])) }];
  });
  return {
    layers: learnt,
    copy: async (changed) => {
      const copy = await rebuild(model, name);
      try {
        fill(copy, leaves, names, changed);
        return describe(copy);
      } catch (error) {
        disposeAll(copy);
        throw error;
      }
    },
  };
}
