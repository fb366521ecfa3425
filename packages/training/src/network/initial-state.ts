import { sizeOf } from '@pellucid/core';
import type { TrainingState } from '../engine/trainer.ts';
import type { NetworkDefinition } from './network.ts';
import { resolveNetwork } from './resolve-network.ts';
import type { Weights } from './trained-network.ts';

/** The state before the first step. */
export function initialState(network: NetworkDefinition, weights: Weights): TrainingState {
  const zeros = (): Weights =>
    new Map(resolveNetwork(network).flatMap((layer) => [...layer.weights].map(([name, shape]) => [name, { shape, data: new Float32Array(sizeOf(shape)) }] as const)));
  return { weights, first: zeros(), second: zeros(), steps: 0 };
}
