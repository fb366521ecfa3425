import { LARGE_WEIGHTS } from '../external-weights.ts';

/** What the members of a team may hold together. */
const TEAM_BYTES = 2 ** 30;

/** What a session holds at least: the values of an execution, and its thread. */
const LEAST_BYTES = 2 ** 26;

/**
 * How many sessions share the threads of a machine best. With small weights one for each thread: where a layer takes a few microseconds, waking threads for
 * it takes as long (MobileNetV2, forward and gradient on two cores: 7.0 ms a sample in two sessions of a thread each, 9.5 in one of two threads). Every
 * session holds its own copies of the weights, forward, backward and as they are read, so that large ones stay in one.
 */
export function teamSize(threads: number, weightBytes: number): number {
  if (weightBytes >= LARGE_WEIGHTS) return 1;
  return Math.min(threads, Math.floor(TEAM_BYTES / Math.max(LEAST_BYTES, 3 * weightBytes)));
}
