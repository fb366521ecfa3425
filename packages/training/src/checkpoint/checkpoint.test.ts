import { mkdtemp, readFile, rm, writeFile, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { bars, normalised } from '../../test/bars.ts';
import { train } from '../train.ts';
import type { TrainRequest } from '../train-request.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'checkpoint-'));
});
afterEach(() => rm(folder, { recursive: true }));

const request = {
  network: normalised, data: bars(40, 1), epochs: 4, batchSize: 16, learningRate: 0.01, seed: 3,
  augmentation: { shift: 1, flip: true }, validation: bars(12, 2), patience: 3,
} satisfies TrainRequest;
const place = (): string => join(folder, 'runs', 'network.checkpoint');

/** Runs until an epoch begins, and is stopped there. */
async function stopAt(epoch: number, run: TrainRequest): Promise<void> {
  const controller = new AbortController();
  const stopped = train({ ...run, signal: controller.signal, onBatch: (batch) => { if (batch.epoch === epoch) controller.abort(); } });
  await expect(stopped).rejects.toMatchObject({ code: 'ABORTED' });
}

test.each(['onnxruntime', 'wasm'] as const)('a run that was broken off goes on to the same bits: %s', async (engine) => {
  const whole = await train({ ...request, engine });
  const run = { ...request, engine, checkpoint: place() };
  await stopAt(2, run);
  const epochs: number[] = [];
  const resumed = await train({ ...run, onEpoch: ({ epoch }) => void epochs.push(epoch) });
  expect(resumed).toEqual(whole);
  expect(epochs).toEqual([2, 3]);
});

test('a finished run is read, and not trained again; with a constant rate it can go on for longer', async () => {
  const run = { ...request, patience: undefined, checkpoint: place() };
  const first = await train(run);
  const { mtimeMs } = await stat(place());
  expect(await train({ ...run, onBatch: () => { throw new Error('trained again'); } })).toEqual(first);
  expect((await stat(place())).mtimeMs).toBe(mtimeMs);
  const longer = await train({ ...run, epochs: 5 });
  expect(longer.history).toHaveLength(5);
  expect(longer).toEqual(await train({ ...run, epochs: 5, checkpoint: undefined }));
});

test('the checkpoint of another run is refused', async () => {
  await train({ ...request, epochs: 1, checkpoint: place() });
  for (const change of [{ seed: 4 }, { data: bars(40, 5) }, { learningRate: 0.02 }, { schedule: 'cosine' }, { augmentation: { shift: 2, flip: true } }] as const) {
    const attempt = train({ ...request, ...change, checkpoint: place() });
    await expect(attempt).rejects.toMatchObject({ code: 'REQUEST_INVALID', message: expect.stringContaining('another network, other data or other settings') });
  }
});

test('a damaged file is named, and stays as it is', async () => {
  await train({ ...request, epochs: 1, checkpoint: place() });
  const bytes = await readFile(place());
  const flipped = Uint8Array.from(bytes);
  flipped[bytes.length - 5]! ^= 1;
  for (const damaged of [bytes.subarray(0, bytes.length - 7), bytes.subarray(0, 20), new Uint8Array(), flipped, Buffer.from('{"pellucid":1}\n')]) {
    await writeFile(place(), damaged);
    const attempt = train({ ...request, checkpoint: place() });
    await expect(attempt).rejects.toMatchObject({ code: 'DATA_INVALID', details: { file: place() } });
    expect(new Uint8Array(await readFile(place()))).toEqual(new Uint8Array(damaged));
  }
  await expect(train({ ...request, checkpoint: folder })).rejects.toMatchObject({ code: 'DATA_INVALID' });
  await expect(train({ ...request, checkpoint: '/proc/none/here' })).rejects.toMatchObject({ code: 'OUTPUT_UNWRITABLE' });
});
