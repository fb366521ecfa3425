import { ElementType, intsAttribute, makeModel, makeValueInfo, type NodeProto, type OnnxModel, type TensorProto, type ValueInfoProto } from '@pellucid/onnx-graph';
import type { NetworkDefinition } from '../../network/network.ts';
import { INPUT_NAME, lastLayer, resolveNetwork, type ResolvedLayer } from '../../network/resolve-network.ts';
import { layerNodes } from '../../onnx/layer-nodes.ts';
import { weightLayouts, type WeightLayout } from '../../onnx/weight-layouts.ts';
import { batchNormNodes } from './batch-norm-nodes.ts';
import { unflattenNodes } from './flat-weights.ts';
import { nodeList } from './node-list.ts';

/** The opset of everything that is built here. */
const OPSET = 17;

/** The inputs of a graph that hold what the network learns, and its running means, each in one row. */
export const WEIGHTS = 'weights';
export const STATISTICS = 'statistics';

/** A network as the parts of a graph whose weights are inputs, so that a session outlives a step. */
export interface NetworkGraph {
  readonly layers: readonly ResolvedLayer[];
  readonly weights: readonly WeightLayout[];
  readonly statistics: readonly WeightLayout[];
  readonly logits: string;
  readonly nodes: readonly NodeProto[];
  readonly initializers: readonly TensorProto[];
  readonly inputs: readonly ValueInfoProto[];
}

const row = (name: string, layouts: readonly WeightLayout[]): ValueInfoProto =>
  makeValueInfo(name, { elementType: ElementType.FLOAT, shape: [layouts.reduce((sum, { size }) => sum + size, 0)] });

/**
 * What batch normalisation does: it takes the running means; or those of the batch, of any size; or those of a batch of this size, and computes the running
 * means behind it.
 */
export type GraphForm = 'inference' | 'training' | { readonly batch: number };

const batchOf = (form: GraphForm): number | string => (typeof form === 'string' ? 'batch' : form.batch);

/** The graph of a network over images [N, height, width, channels]. */
export function networkGraph(network: NetworkDefinition, form: GraphForm): NetworkGraph {
  const layers = resolveNetwork(network);
  const [weights, statistics] = [weightLayouts(layers, 'weights'), weightLayouts(layers, 'statistics')];
  const list = nodeList('network');
  const image = list.op('Transpose', [INPUT_NAME], [intsAttribute('perm', [0, 3, 1, 2])]);
  const rows = ([[WEIGHTS, weights], [STATISTICS, form === 'training' ? [] : statistics]] as const).filter(([, layouts]) => layouts.length > 0);
  const cut = rows.map(([name, layouts]) => unflattenNodes(layouts, name));
  for (const layer of layers) {
    const placed = { ...layer, sources: layer.sources.map((source) => (source === INPUT_NAME ? image : source)) };
    if (layer.definition.kind === 'batch-norm' && form !== 'inference') batchNormNodes(list, placed, form === 'training' ? null : form.batch);
    else list.nodes.push(...layerNodes(placed, layers));
  }
  return {
    layers, weights, statistics,
    logits: lastLayer(layers).definition.name,
    nodes: [...cut.flatMap(({ nodes }) => nodes), ...list.nodes],
    initializers: [...cut.flatMap(({ initializers }) => initializers), ...list.initializers],
    inputs: [
      makeValueInfo(INPUT_NAME, { elementType: ElementType.FLOAT, shape: [batchOf(form), ...network.input] }),
      ...rows.map(([name, layouts]) => row(name, layouts)),
    ],
  };
}

/** A graph as a model that gives the logits. */
export function networkModel({ name, classes }: NetworkDefinition, form: GraphForm, { nodes, initializers, inputs, logits }: NetworkGraph): OnnxModel {
  return makeModel({
    name, opset: OPSET, producer: '@pellucid/training', nodes, initializers, inputs,
    outputs: [makeValueInfo(logits, { elementType: ElementType.FLOAT, shape: [batchOf(form), classes] })],
  });
}
