import { setImmediate } from 'node:timers/promises';

import {
  batchSize, concatBatches, findLayer, INPUT, isPellucidError, PellucidError, rowSamples, selectObjective, sizeOf, throwIfAborted, validateBatch, validateGradient, validateIntervention, validateMemoryBudget,
  type EvaluateOptions, type Evaluation, type GradientPoint, type LayerName, type ModelAdapter, type Query, type Tensor,
} from '@pellucid/core';

import type { TfjsEngine } from '../engine/open-engine.ts';
import { modelParameters } from '../parameters/model-parameters.ts';
import { checkPairs, chunkPositions, takeSamples } from './chunks.ts';
import { evaluateChunk, type ResolvedQuery } from './evaluate-chunk.ts';
import type { Network } from './network.ts';
import { valueAt } from './value-at.ts';

/** What models of this backend can answer. */
export type TfjsCapability = 'activations' | 'gradient' | 'backward-rules' | 'intervention' | 'biases' | 'parameters';

const DEFAULT_MEMORY_BUDGET = 512 * 2 ** 20;
/** How often a gradient pass holds the values of a layer: as they are, saved by the tape where a bias or a normalisation made others of them, as gradients. */
const COPIES = 2.5;
/** Rules read the values of both sides of an operation, and compute more of them. */
const COPIES_FOR_RULES = 4.5;

function estimateBytes({ input, layers, sums }: Network, copies: number): number {
  const values = layers.reduce((total, { name, shape }) => total + (sums.has(name) ? 0 : sizeOf((shape ?? []).slice(1) as number[])), 0);
  return Math.ceil(4 * (copies * values + 2 * sizeOf(input.shape.slice(1) as number[])));
}

/** Checks a query and replaces every layer name by the layer's own. */
function resolveQuery(network: Network, name: string, query: Query<TfjsCapability>): ResolvedQuery {
  validateBatch(query.input, network.input, 'input');
  const resolve = (layer: LayerName): LayerName => findLayer({ name, layers: network.layers }, layer).name;
  const { activations = [], gradient, intervention } = query;
  const samples = batchSize(query.input);
  const from = gradient && validateGradient(gradient, samples, { name, layers: network.layers, classes: network.classes });
  if (gradient?.rules?.paired === true) checkPairs(samples, name);
  return {
    activations: new Map(activations.map((layer) => [layer, resolve(layer)])),
    gradient: gradient && {
      of: gradient.of,
      from: from?.name,
      at: new Map(gradient.at.map((point): [GradientPoint, GradientPoint] => [point, point === INPUT ? INPUT : resolve(point)])),
      rules: gradient.rules,
      unreachable: gradient.unreachable,
    },
    intervention: intervention && {
      layer: validateIntervention(intervention, samples, { name, layers: network.layers }).name,
      values: intervention.values,
    },
    samples: rowSamples(query, samples, network.bound, name),
  };
}

function joinMaps<Key>(parts: readonly ReadonlyMap<Key, Tensor>[], join: (parts: readonly Tensor[]) => Tensor): ReadonlyMap<Key, Tensor> {
  const keys = [...(parts[0]?.keys() ?? [])];
  return new Map(keys.map((key) => [key, join(parts.map((part) => valueAt(part, key)))]));
}

/** Puts the answers of chunks together, in the order of the batch. */
function joinChunks(parts: readonly Evaluation[], chunks: readonly (readonly number[])[]): Evaluation {
  const [first] = parts;
  if (first !== undefined && parts.length === 1) return first;
  const order: number[] = [];
  chunks.flat().forEach((position, place) => (order[position] = place));
  const inOrder = order.every((place, position) => place === position);
  const join = (values: readonly Tensor[]): Tensor => (inOrder ? concatBatches(values) : takeSamples(concatBatches(values), order));
  return {
    output: join(parts.map(({ output }) => output)),
    logits: join(parts.map(({ logits }) => logits)),
    activations: joinMaps(parts.map(({ activations }) => activations), join),
    gradients: joinMaps(parts.map(({ gradients }) => gradients), join),
    uncovered: first?.uncovered ?? [],
  };
}

/** Turns an engine's own complaint about a pass into one that a caller can act on. */
function explainingFailures<Result>(name: string, pass: () => Result): Result {
  try {
    return pass();
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    if (isPellucidError(error) || problem.startsWith('internal:')) throw error;
    const help = 'Where the live model was disposed of, load it again; where memory ran out, lower `memoryBudget`.';
    throw new PellucidError('REQUEST_INVALID', { action: `evaluate \`${name}\``, problem: `the engine failed: ${problem}`, help }, { cause: error });
  }
}

/** Makes the adapter of a loaded network. */
export function createAdapter(engine: TfjsEngine, network: Network, name: string, hash: string): ModelAdapter<TfjsCapability> {
  const [bytesPerSample, bytesUnderRules] = [estimateBytes(network, COPIES), estimateBytes(network, COPIES_FOR_RULES)];
  const { biases } = network;
  let disposed = false;

  const assertAlive = (): void => {
    if (!disposed) return;
    throw new PellucidError('REQUEST_INVALID', {
      action: `evaluate \`${name}\``,
      problem: 'the model was disposed',
      help: 'Load it again.',
    });
  };

  const evaluate = async (query: Query<TfjsCapability>, { signal, memoryBudget = DEFAULT_MEMORY_BUDGET }: EvaluateOptions = {}): Promise<Evaluation> => {
    assertAlive();
    validateMemoryBudget(memoryBudget);
    const resolved = resolveQuery(network, name, query);
    const samples = batchSize(query.input);
    const parts: Evaluation[] = [];
    const { gradient, intervention, samples: rows } = resolved;
    const size = Math.max(1, Math.floor(memoryBudget / (gradient?.rules === undefined ? bytesPerSample : bytesUnderRules)));
    const chunks = chunkPositions(samples, size, gradient?.rules?.paired === true);
    for (const positions of chunks) {
      // The event that aborts can only fire while nothing computes; methods ask many times in a row, often for one chunk each.
      if (signal !== undefined) await setImmediate();
      throwIfAborted(signal, `the evaluation of \`${name}\``);
      const input = takeSamples(query.input, positions);
      const chunk: ResolvedQuery = {
        ...resolved,
        gradient: gradient && { ...gradient, of: selectObjective(gradient.of, positions) },
        intervention: intervention && { ...intervention, values: takeSamples(intervention.values, positions) },
        samples: rows && positions.map((position) => rows[position]!),
      };
      parts.push(
        await engine.exclusive(() => {
          assertAlive();
          return explainingFailures(name, () => evaluateChunk(network, input, chunk));
        }),
      );
      throwIfAborted(signal, `the evaluation of \`${name}\``);
    }
    return joinChunks(parts, chunks);
  };

  return {
    name,
    hash,
    backend: { name: 'tfjs', engine: engine.engine, device: engine.device, versions: engine.versions },
    input: network.input,
    output: network.output,
    classes: network.classes,
    layers: network.layers,
    capabilities: new Set<TfjsCapability>(['activations', 'gradient', 'backward-rules', 'intervention', 'parameters', ...(biases === undefined ? [] : ['biases' as const])]),
    biases: biases && (() => engine.exclusive(() => { assertAlive(); return biases(); })),
    parameters: modelParameters(network.parameters, {
      name, hash,
      exclusive: (work) => engine.exclusive(() => { assertAlive(); return work(); }),
      makeCopy: (copy, copyHash) => createAdapter(engine, copy, name, copyHash),
    }),
    bytesPerSample,
    boundSamples: network.bound.find(({ samples }) => samples !== null)?.samples ?? undefined,
    evaluate,
    dispose: async () => {
      if (disposed) return;
      disposed = true;
      await engine.exclusive(() => {
        network.dispose();
      });
    },
  };
}
