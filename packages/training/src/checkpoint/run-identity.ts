import { createHash } from 'node:crypto';
import type { TrainRequest } from '../train-request.ts';

/** What tells a run from every other: network, data, and all settings that change a result; not how long it may wait or who listens. */
export function runIdentity(request: TrainRequest): string {
  const { network, data, validation, initial, batchSize, learningRate, schedule, augmentation, epochs, patience, seed, engine } = request;
  const hash = createHash('sha256');
  // A constant rate can go on for longer; the others are drawn over the whole run.
  const length = schedule === undefined || schedule === 'constant' ? null : epochs;
  hash.update(JSON.stringify({ network, batchSize, learningRate, schedule, augmentation, length, patience, seed, engine }));
  const values = (array: Float32Array | Int32Array): void => {
    hash.update(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  };
  for (const set of [data, validation]) {
    if (set === undefined) continue;
    hash.update(`${set.layout} ${set.images.shape.join()}`);
    values(set.images.data);
    values(Int32Array.from(set.labels));
  }
  for (const [name, { data: array }] of initial ?? []) {
    hash.update(name);
    values(array);
  }
  return hash.digest('hex');
}
