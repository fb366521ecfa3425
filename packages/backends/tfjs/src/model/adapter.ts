import { setImmediate } from 'node:timers/promises';

import {
  batchSize, concatBatches, findLayer, INPUT, PellucidError, selectObjective, sizeOf, sliceBatch, throwIfAborted, validateBatch, validateObjective,
  type EvaluateOptions, type Evaluation, type GradientPoint, type LayerName, type ModelAdapter, type Query, type Tensor,
} from '@pellucid/core';

import type { TfjsEngine } from '../engine/open-engine.ts';
import { evaluateChunk, type ResolvedQuery } from './evaluate-chunk.ts';
import type { Network } from './network.ts';
import { valueAt } from './value-at.ts';

type Offers = 'activations' | 'gradient';

const DEFAULT_MEMORY_BUDGET = 512 * 2 ** 20;
/** A gradient pass holds of every layer its value, what the tape saved of it (a bias sum before the activation), and a gradient. */
const COPIES = 4;

function estimateBytes({ input, layers }: Network): number {
  const values = layers.reduce((sum, { shape }) => sum + sizeOf((shape ?? []).slice(1) as number[]), 0);
  return 4 * (COPIES * values + 2 * sizeOf(input.shape.slice(1) as number[]));
}

/** Checks a query and replaces every layer name by the layer's own. */
function resolveQuery(network: Network, name: string, query: Query<Offers>): ResolvedQuery {
  validateBatch(query.input, network.input, 'input');
  const resolve = (layer: LayerName): LayerName => findLayer({ name, layers: network.layers }, layer).name;
  const { activations = [], gradient } = query;
  if (gradient !== undefined) validateObjective(gradient.of, batchSize(query.input), { name, classes: network.classes });
  return {
    activations: new Map(activations.map((layer) => [layer, resolve(layer)])),
    gradient: gradient && {
      of: gradient.of,
      at: new Map(gradient.at.map((point): [GradientPoint, GradientPoint] => [point, point === INPUT ? INPUT : resolve(point)])),
    },
  };
}

function joinMaps<Key>(parts: readonly ReadonlyMap<Key, Tensor>[]): ReadonlyMap<Key, Tensor> {
  const keys = [...(parts[0]?.keys() ?? [])];
  return new Map(keys.map((key) => [key, concatBatches(parts.map((part) => valueAt(part, key)))]));
}

function joinChunks(parts: readonly Evaluation[]): Evaluation {
  const [first] = parts;
  if (first !== undefined && parts.length === 1) return first;
  return {
    output: concatBatches(parts.map(({ output }) => output)),
    logits: concatBatches(parts.map(({ logits }) => logits)),
    activations: joinMaps(parts.map(({ activations }) => activations)),
    gradients: joinMaps(parts.map(({ gradients }) => gradients)),
    uncovered: [],
  };
}

/** Makes the adapter of a loaded network. */
export function createAdapter(engine: TfjsEngine, network: Network, name: string, hash: string): ModelAdapter<Offers> {
  const bytesPerSample = estimateBytes(network);
  let disposed = false;

  const assertAlive = (): void => {
    if (!disposed) return;
    throw new PellucidError('REQUEST_INVALID', {
      action: `evaluate \`${name}\``,
      problem: 'the model was disposed',
      help: 'Load it again.',
    });
  };

  const evaluate = async (query: Query<Offers>, { signal, memoryBudget = DEFAULT_MEMORY_BUDGET }: EvaluateOptions = {}): Promise<Evaluation> => {
    assertAlive();
    const resolved = resolveQuery(network, name, query);
    const samples = batchSize(query.input);
    const size = Math.max(1, Math.floor(memoryBudget / bytesPerSample));
    const parts: Evaluation[] = [];
    for (let start = 0; start < samples; start += size) {
      // The event that aborts can only fire while nothing computes.
      if (start > 0 && signal !== undefined) await setImmediate();
      throwIfAborted(signal, `the evaluation of \`${name}\``);
      const positions = Array.from({ length: Math.min(size, samples - start) }, (_, i) => start + i);
      const input = sliceBatch(query.input, start, start + positions.length);
      const { gradient } = resolved;
      const chunk = { ...resolved, gradient: gradient && { ...gradient, of: selectObjective(gradient.of, positions) } };
      parts.push(
        await engine.exclusive(() => {
          assertAlive();
          return evaluateChunk(network, input, chunk);
        }),
      );
    }
    return joinChunks(parts);
  };

  return {
    name,
    hash,
    backend: { name: 'tfjs', engine: engine.engine, device: engine.device, versions: engine.versions },
    input: network.input,
    output: network.output,
    classes: network.classes,
    layers: network.layers,
    capabilities: new Set<Offers>(['activations', 'gradient']),
    bytesPerSample,
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
