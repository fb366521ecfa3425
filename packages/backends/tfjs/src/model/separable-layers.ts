/** What the topology says of a layer. */
interface Config {
  readonly name?: unknown;
  readonly depth_multiplier?: unknown;
  readonly [option: string]: unknown;
}

/** A stored weight, by its shape. */
interface StoredWeight {
  readonly name: string;
  readonly shape: readonly number[];
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * A topology whose separable convolutions say how many filters they have per channel. `save` of TensorFlow.js 4.22 leaves that out, and its own loader
 * then refuses the weights; their shape [height, width, channels, multiplier] holds it.
 */
export function withDepthMultipliers<Topology>(topology: Topology, weights: readonly StoredWeight[]): Topology {
  const multipliers = new Map(weights.flatMap(({ name, shape }) => {
    const [, layer] = /(?:^|\/)([^/]+)\/depthwise_kernel$/.exec(name) ?? [];
    return layer === undefined ? [] : [[layer, shape.at(-1)] as const];
  }));
  const configOf = (config: Config): Config => ({ ...config, depth_multiplier: config.depth_multiplier ?? multipliers.get(String(config.name)) ?? 1 });
  const visit = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(visit);
    if (!isObject(value)) return value;
    const { class_name: className, config } = value;
    if (className === 'SeparableConv2D' && isObject(config)) return { ...value, config: configOf(config) };
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, visit(inner)]));
  };
  return visit(topology) as Topology;
}
