import { rawLength } from '@pellucid/onnx-graph';
import type { Network } from '../model/network.ts';
import { DEFAULT_BUDGET } from './chunk-size.ts';

/** What the sessions of one model may hold together: 2 GiB. */
const ALL_SESSIONS = 2 ** 31;

/** A method needs two or three kinds of query. */
const FEWEST = 3;

/** Compiled queries that are kept for a model. Each holds rearranged copies of weights, and the memory of its largest execution. */
export function keptSessions({ model, bytesPerSample }: Pick<Network, 'model' | 'bytesPerSample'>): number {
  const weights = model.graph.initializer.reduce((sum, tensor) => sum + rawLength(tensor), 0);
  const each = weights + Math.max(DEFAULT_BUDGET, bytesPerSample);
  return Math.max(FEWEST, Math.floor(ALL_SESSIONS / each));
}
