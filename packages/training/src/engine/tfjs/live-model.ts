import {
  batchSize, concatBatches, INPUT, PellucidError, selectObjective, sizeOf, sliceBatch, suggestNames, throwIfAborted, validateBatch, validateGradient, validateMemoryBudget, zeros,
  type Evaluation, type GradientPoint, type LayerInfo, type Layout, type OpKind, type Query, type Tensor,
  type TensorSpec,
} from '@pellucid/core';
import type { TfjsEngine } from '@pellucid/backend-tfjs';
import type * as Core from '@tensorflow/tfjs-core';
import type { LayerDefinition, NetworkDefinition } from '../../network/network.ts';
import { INPUT_NAME, lastLayer, resolveNetwork, type ResolvedLayer } from '../../network/resolve-network.ts';
import { present } from '../../present.ts';
import { hashOf, type LiveModel } from '../trainer.ts';
import { forward, inScope, logitsOf, valueOf, type LiveValues } from './forward.ts';
import type { LiveWeights } from './live-weights.ts';
import { objectiveSum } from './objective.ts';

type LiveQuery = Query<'activations' | 'gradient'>;

const KINDS: Readonly<Record<LayerDefinition['kind'], readonly [OpKind, operator: string]>> = {
  add: ['add', 'Add'],
  'average-pool': ['average-pool', 'AvgPool'],
  'batch-norm': ['batch-norm', 'FusedBatchNorm'],
  conv: ['conv', 'Conv2D'],
  dense: ['dense', 'MatMul'],
  flatten: ['reshape', 'Reshape'],
  'global-average-pool': ['global-average-pool', 'Mean'],
  'max-pool': ['max-pool', 'MaxPool'],
  relu: ['relu', 'Relu'],
};

const layoutOf = (shape: readonly number[]): Layout => (shape.length === 3 ? 'NHWC' : 'NC');

function layerInfo({ definition, shape }: ResolvedLayer): LayerInfo {
  const [kind, operator] = KINDS[definition.kind];
  return { name: definition.name, aliases: [], kind, operator, shape: [null, ...shape], layout: layoutOf(shape) };
}

/** Copies a value off the engine: some engines give a view of their own memory. */
const download = (value: Core.Tensor): Tensor => ({ shape: [...value.shape], data: Float32Array.from(value.dataSync<'float32'>()) });

const TRAINING = { kind: 'training' } as const;

type Reading = Pick<Evaluation, 'logits' | 'activations'>;

/** The layers that lead to one of them, itself included. */
function leadingTo(layers: readonly ResolvedLayer[], name: string): ReadonlySet<string> {
  const found = new Set([name]);
  for (const { definition, sources } of layers.toReversed()) if (found.has(definition.name)) for (const source of sources) found.add(source);
  return found;
}

/** One execution: everything that a query asks for, of one chunk. Runs synchronously, so that nothing can come between. */
function run({ tf }: TfjsEngine, layers: readonly ResolvedLayer[], { variables }: LiveWeights, query: LiveQuery): Evaluation {
  const { input, activations = [], gradient } = query;
  const read = (values: LiveValues): Reading => ({
    logits: download(logitsOf(layers, values)),
    activations: new Map(activations.map((name) => [name, download(valueOf(values, name))])),
  });
  const answer = (): Evaluation => {
    const x = tf.tensor(input.data, [...input.shape]);
    if (gradient === undefined) return complete(read(forward(tf, layers, variables, x, TRAINING)), new Map());
    const reached = leadingTo(layers, gradient.from ?? lastLayer(layers).definition.name);
    const asked = layers.filter(({ definition }) => gradient.at.includes(definition.name));
    const points = asked.filter(({ definition }) => reached.has(definition.name));
    const zero = asked.filter((layer) => !points.includes(layer)).map(({ definition, shape }) => [definition.name, zeros([batchSize(input), ...shape])] as const);
    const names = points.map(({ definition }) => definition.name);
    const offsets = points.map(({ shape }) => tf.zeros([batchSize(input), ...shape]));
    const readings: Reading[] = [];
    const differentiate = tf.grads((image: Core.Tensor, ...shifts: Core.Tensor[]) => {
      const values = forward(tf, layers, variables, image, TRAINING, new Map(names.map((name, i) => [name, shifts[i]!])));
      readings.push(read(values));
      const start = gradient.from === undefined ? logitsOf(layers, values) : valueOf(values, gradient.from);
      return objectiveSum(tf, gradient.of, start);
    });
    const places: readonly GradientPoint[] = [INPUT, ...names];
    const all = differentiate([x, ...offsets]).map((value, i) => [places[i]!, download(value)] as const);
    const gradients = new Map<GradientPoint, Tensor>([...all.filter(([place]) => gradient.at.includes(place)), ...zero]);
    return complete(readings[0]!, gradients);
  };
  return inScope(tf, answer);
}

function complete(reading: Reading, gradients: Evaluation['gradients']): Evaluation {
  return { ...reading, output: reading.logits, gradients, uncovered: [] };
}

/** Joins the answers of the chunks of a batch. */
function join(parts: readonly Evaluation[]): Evaluation {
  const [first] = parts;
  if (first === undefined || parts.length === 1) return present(first, 'chunk');
  const joined = <Key>(pick: (part: Evaluation) => ReadonlyMap<Key, Tensor>): ReadonlyMap<Key, Tensor> =>
    new Map([...pick(first).keys()].map((key) => [key, concatBatches(parts.map((part) => present(pick(part).get(key), 'value of a chunk')))]));
  const logits = concatBatches(parts.map((part) => part.logits));
  return { output: logits, logits, activations: joined((part) => part.activations), gradients: joined((part) => part.gradients), uncovered: [] };
}

const unreachableHelp = (of: string, at: string): string =>
  `\`${of}\` is not computed from \`${at}\`: start from a layer behind \`${at}\`, name one before \`${of}\`, or take zeros with \`unreachable: 'zero'\`.`;

const DEFAULT_MEMORY_BUDGET = 512 * 2 ** 20;

/**
 * A model over weights that may change: it answers with their values at the time of the question. `name` stands in messages and
 * provenance. Whoever placed the weights frees them; `dispose` only closes the model.
 */
export function liveModel(engine: TfjsEngine, network: NetworkDefinition, weights: LiveWeights): LiveModel {
  const layers = resolveNetwork(network);
  const known = new Map(layers.map((layer) => [layer.definition.name, layerInfo(layer)]));
  const input: TensorSpec = { name: INPUT_NAME, shape: [null, ...network.input], layout: 'NHWC' };
  const output: TensorSpec = { name: lastLayer(layers).definition.name, shape: [null, network.classes], layout: 'NC' };
  // Forward values and their gradients, in 32-bit floats.
  const bytesPerSample = 8 * [network.input, ...layers.map(({ shape }) => shape)].reduce((sum, shape) => sum + sizeOf(shape), 0);
  let open = true;

  const check = (query: LiveQuery): void => {
    if (!open) {
      throw new PellucidError('REQUEST_INVALID', { action: `evaluate \`${network.name}\``, problem: 'it was disposed of', help: 'Use it before `dispose`.' });
    }
    validateBatch(query.input, input, 'input');
    for (const name of [...(query.activations ?? []), ...(query.gradient?.at ?? [])]) {
      if (typeof name === 'symbol' || known.has(name)) continue;
      throw new PellucidError('LAYER_NOT_FOUND', { layer: name, model: network.name, help: suggestNames(name, [...known.keys()]) });
    }
    const { gradient } = query;
    if (gradient === undefined) return;
    const from = validateGradient(gradient, batchSize(query.input), { name: network.name, layers: [...known.values()], classes: network.classes });
    const of = from?.name ?? output.name;
    const reached = leadingTo(layers, of);
    const at = gradient.at.find((point) => point !== INPUT && !reached.has(point));
    if (at === undefined || gradient.unreachable === 'zero') return;
    throw new PellucidError('GRADIENT_UNREACHABLE', { of, at: String(at), help: unreachableHelp(of, String(at)) });
  };

  return {
    name: network.name,
    get hash() {
      return hashOf(network, weights.read());
    },
    backend: { name: 'tfjs', engine: engine.engine, device: engine.device, versions: engine.versions },
    input,
    output,
    classes: network.classes,
    layers: [...known.values()],
    capabilities: new Set(['activations', 'gradient'] as const),
    bytesPerSample,
    evaluate: async (query, { signal, memoryBudget = DEFAULT_MEMORY_BUDGET } = {}) => {
      validateMemoryBudget(memoryBudget);
      check(query);
      const count = batchSize(query.input);
      const chunk = Math.max(Math.floor(memoryBudget / bytesPerSample), 1);
      const parts: Evaluation[] = [];
      for (let start = 0; start < count; start += chunk) {
        throwIfAborted(signal, `the evaluation of \`${network.name}\``);
        const positions = Array.from({ length: Math.min(chunk, count - start) }, (_, i) => start + i);
        const { gradient } = query;
        const part: LiveQuery = {
          ...query,
          input: sliceBatch(query.input, start, start + positions.length),
          ...(gradient && { gradient: { ...gradient, of: selectObjective(gradient.of, positions) } }),
        };
        parts.push(await engine.exclusive(() => run(engine, layers, weights, part)));
      }
      return join(parts);
    },
    dispose: async () => {
      open = false;
    },
  };
}
