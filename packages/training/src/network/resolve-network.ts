import { equalShapes, formatShape, PellucidError } from '@pellucid/core';
import { present } from '../present.ts';
import { checkDefinition } from './check-definition.ts';
import type { LayerDefinition, NetworkDefinition, PoolLayer } from './network.ts';

/** The name of the image among the values of a network. */
export const INPUT_NAME = 'input';

/** A layer with everything that follows from its place in the network. Shapes are those of one sample, channels last. */
export interface ResolvedLayer {
  readonly definition: LayerDefinition;
  /** The values that it takes, by name. */
  readonly sources: readonly string[];
  /** Shape of the first value that it takes. */
  readonly inputShape: readonly number[];
  readonly shape: readonly number[];
  /** Shapes of what it learns, by name: `<layer>/kernel`, `<layer>/bias`; `<layer>/gamma`, `<layer>/beta`. Kernels are [height, width, in, out] or [in, out]. */
  readonly weights: ReadonlyMap<string, readonly number[]>;
  /** Shapes of the running means that it keeps, by name: `<layer>/moving_mean`, `<layer>/moving_variance`. */
  readonly statistics: ReadonlyMap<string, readonly number[]>;
}

/** Zeros before and after one axis of a convolution, and how many values it gives. */
export interface Padding {
  readonly before: number;
  readonly after: number;
  readonly length: number;
}

/** What a convolution pads along one axis: as TensorFlow does, the odd zero at the end. */
export function padding(length: number, kernel: number, stride: number, mode: 'same' | 'valid'): Padding {
  if (mode === 'valid') return { before: 0, after: 0, length: Math.floor((length - kernel) / stride) + 1 };
  const output = Math.ceil(length / stride);
  const total = Math.max((output - 1) * stride + kernel - length, 0);
  return { before: Math.floor(total / 2), after: Math.ceil(total / 2), length: output };
}

/** How a pool pads. */
export const poolPadding = (layer: PoolLayer): 'same' | 'valid' => (layer.kind === 'max-pool' ? layer.padding : undefined) ?? 'valid';

function invalid(network: string, layer: string, problem: string): PellucidError {
  return new PellucidError('REQUEST_INVALID', {
    action: `build the network \`${network}\``,
    problem: `layer \`${layer}\` ${problem}`,
    help: 'Correct the definition of the layer.',
  });
}

/** Shape of a layer's value and of its weights, given the shapes of what it takes. A text says what is wrong. */
function inferShape(layer: LayerDefinition, input: readonly number[], other: readonly number[]): readonly number[] | string {
  const [height = 0, width = 0, channels = 0] = input;
  const spatial = input.length === 3;
  switch (layer.kind) {
    case 'conv': {
      if (!spatial) return `needs an image, got ${formatShape(input)}`;
      const side = (length: number): number => padding(length, layer.kernel, layer.stride ?? 1, layer.padding ?? 'same').length;
      return [side(height), side(width), layer.filters];
    }
    case 'max-pool':
    case 'average-pool': {
      if (!spatial) return `needs an image, got ${formatShape(input)}`;
      const side = (length: number): number => padding(length, layer.size, layer.stride ?? layer.size, poolPadding(layer)).length;
      return [side(height), side(width), channels];
    }
    case 'batch-norm':
      return spatial ? input : `needs an image, got ${formatShape(input)}`;
    case 'global-average-pool':
      return spatial ? [channels] : `needs an image, got ${formatShape(input)}`;
    case 'flatten':
      return spatial ? [height * width * channels] : `needs an image, got ${formatShape(input)}`;
    case 'dense':
      return spatial ? `needs a flat value, got ${formatShape(input)}` : [layer.units];
    case 'add':
      return equalShapes(input, other) ? input : `adds ${formatShape(input)} and ${formatShape(other)}, which differ`;
    case 'relu':
      return input;
  }
}

type Shapes = ReadonlyMap<string, readonly number[]>;

function weightShapes(layer: LayerDefinition, input: readonly number[]): Shapes {
  const { name } = layer;
  const entries = (kernel: readonly number[], units: number): Shapes => new Map([[`${name}/kernel`, kernel], [`${name}/bias`, [units]]]);
  switch (layer.kind) {
    case 'conv':
      return entries([layer.kernel, layer.kernel, input[2]!, layer.filters], layer.filters);
    case 'dense':
      return entries([input[0]!, layer.units], layer.units);
    case 'batch-norm':
      return new Map([[`${name}/gamma`, [input[2]!]], [`${name}/beta`, [input[2]!]]]);
    default:
      return new Map();
  }
}

function statisticShapes({ kind, name }: LayerDefinition, input: readonly number[]): Shapes {
  return kind === 'batch-norm' ? new Map([[`${name}/moving_mean`, [input[2]!]], [`${name}/moving_variance`, [input[2]!]]]) : new Map();
}

/**
 * Works out the shapes of a network and checks that it fits together.
 * @throws REQUEST_INVALID that names the layer and what is wrong.
 */
export function resolveNetwork(network: NetworkDefinition): readonly ResolvedLayer[] {
  checkDefinition(network);
  const shapes = new Map<string, readonly number[]>([[INPUT_NAME, network.input]]);
  const resolved: ResolvedLayer[] = [];
  let previous = INPUT_NAME;
  for (const definition of network.layers) {
    const { name } = definition;
    if (shapes.has(name)) throw invalid(network.name, name, 'has a name that is taken');
    const sources = [definition.from ?? previous, ...(definition.kind === 'add' ? [definition.with] : [])];
    const [inputShape = [], other = []] = sources.map((source) => {
      const shape = shapes.get(source);
      if (shape === undefined) throw invalid(network.name, name, `takes \`${source}\`, which is no earlier layer`);
      return shape;
    });
    const shape = inferShape(definition, inputShape, other);
    if (typeof shape === 'string') throw invalid(network.name, name, shape);
    if (shape.some((length) => length < 1)) throw invalid(network.name, name, `has nothing left of ${formatShape(inputShape)}`);
    shapes.set(name, shape);
    resolved.push({ definition, sources, inputShape, shape, weights: weightShapes(definition, inputShape), statistics: statisticShapes(definition, inputShape) });
    previous = name;
  }
  const last = resolved.at(-1);
  if (last === undefined || !equalShapes(last.shape, [network.classes])) {
    throw invalid(network.name, previous, `gives ${formatShape(shapes.get(previous) ?? [])} instead of the logits ${formatShape([network.classes])}`);
  }
  return resolved;
}

/** The layer that gives the logits. */
export function lastLayer(layers: readonly ResolvedLayer[]): ResolvedLayer {
  return present(layers.at(-1), 'layer');
}

/** Number of trained values. */
export function countParameters(network: NetworkDefinition): number {
  const shapes = resolveNetwork(network).flatMap(({ weights }) => [...weights.values()]);
  return shapes.reduce((sum, shape) => sum + shape.reduce((product, length) => product * length, 1), 0);
}
