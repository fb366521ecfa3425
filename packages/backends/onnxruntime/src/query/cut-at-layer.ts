import type { LayerName } from '@pellucid/core';
import { copyWith, makeNode, makeValueInfo, replaceParts, uniqueNames, type OnnxModel } from '@pellucid/onnx-graph';
import type { Network } from '../model/network.ts';

/** A graph in which the values of a layer come from an input of their own. */
export interface CutGraph {
  readonly model: OnnxModel;
  /** The input for the layer's values. */
  readonly given: string;
}

/**
 * Feeds a layer's values instead of computing them. The layer's tensor keeps its name, so that what reads it, also inside branches and
 * loops, stays as it is; what only led to it goes once the part that is needed is taken out.
 */
export function cutAtLayer({ model, types }: Pick<Network, 'model' | 'types'>, layer: LayerName): CutGraph {
  const type = types.get(layer);
  if (type === undefined) throw new Error(`internal: the type of layer ${layer} is not known`);
  const name = uniqueNames(model);
  const [given, computed] = [name(`${layer}/given`), name(`${layer}/computed`)];
  const { node, input } = model.graph;
  const renamed = node.map((one) =>
    one.output.includes(layer) ? copyWith(one, { output: one.output.map((output) => (output === layer ? computed : output)) }) : one,
  );
  const cut = replaceParts(model, { node: [makeNode('Identity', [given], [layer]), ...renamed], input: [...input, makeValueInfo(given, type)] });
  return { model: cut, given };
}
