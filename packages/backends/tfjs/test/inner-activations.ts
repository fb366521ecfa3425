import type { ModelBytes } from '../src/index.ts';

interface ListedLayer {
  readonly class_name: string;
  readonly name?: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly inbound_nodes?: readonly (readonly (readonly unknown[])[])[];
}

interface ListedNode {
  readonly name: string;
  readonly op: string;
  readonly input: readonly string[];
  readonly attr: Readonly<Record<string, unknown>>;
}

const isRectifier = ({ class_name: name, config }: ListedLayer): boolean => name === 'ReLU' || (name === 'Activation' && config['activation'] === 'relu');
const WEIGHTED: readonly string[] = ['Conv2D', 'Dense'];

const parse = ({ modelJson }: ModelBytes): Readonly<Record<string, unknown>> =>
  JSON.parse(typeof modelJson === 'string' ? modelJson : new TextDecoder().decode(modelJson)) as Readonly<Record<string, unknown>>;

/** A layers model whose convolutions and dense layers apply the rectifiers behind them themselves, as Keras models mostly do; those do nothing then. */
export function withInnerActivations(bytes: ModelBytes): ModelBytes {
  const json = parse(bytes);
  const topology = json['modelTopology'] as { readonly model_config?: object };
  const model = (topology.model_config ?? topology) as { readonly config: { readonly layers: readonly ListedLayer[] } };
  const { layers } = model.config;
  const readers = (name: string): readonly ListedLayer[] => layers.filter(({ inbound_nodes: nodes = [] }) => nodes.flat().some(([source]) => source === name));
  const behind = (layer: ListedLayer, i: number): readonly ListedLayer[] => (layer.inbound_nodes === undefined ? layers.slice(i + 1, i + 2) : readers(layer.name ?? ''));
  const applied = new Set(layers.flatMap((layer, i) => {
    const [next, ...others] = behind(layer, i);
    return WEIGHTED.includes(layer.class_name) && next !== undefined && others.length === 0 && isRectifier(next) ? [layer, next] : [];
  }));
  const changed = layers.map((layer) => {
    if (!applied.has(layer)) return layer;
    if (!isRectifier(layer)) return { ...layer, config: { ...layer.config, activation: 'relu' } };
    return { ...layer, class_name: 'Activation', config: { name: layer.config['name'], activation: 'linear' } };
  });
  const config = { ...model.config, layers: changed };
  const modelTopology = topology.model_config === undefined ? { ...topology, config } : { ...topology, model_config: { ...model, config } };
  return { ...bytes, modelJson: JSON.stringify({ ...json, modelTopology }) };
}

/** A graph model whose fused nodes apply the rectifiers behind them themselves, and have their names, as the converter writes it. */
export function withFusedActivations(bytes: ModelBytes): ModelBytes {
  const json = parse(bytes);
  const topology = json['modelTopology'] as { readonly node: readonly ListedNode[] };
  const { node: nodes } = topology;
  const fused = new Map(nodes.flatMap((node): [ListedNode, ListedNode][] => {
    const [next, ...others] = nodes.filter(({ input }) => input.includes(node.name));
    return node.attr['fused_ops'] !== undefined && next?.op === 'Relu' && others.length === 0 ? [[next, node]] : [];
  }));
  const gone = new Set(fused.values());
  const parts = { list: { s: ['BiasAdd', 'Relu'].map((part) => Buffer.from(part).toString('base64')) } };
  const node = nodes.filter((one) => !gone.has(one)).map((one) => {
    const before = fused.get(one);
    return before === undefined ? one : { ...before, name: one.name, attr: { ...before.attr, fused_ops: parts } };
  });
  return { ...bytes, modelJson: JSON.stringify({ ...json, modelTopology: { ...topology, node } }) };
}
