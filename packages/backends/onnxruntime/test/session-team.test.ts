import { batchSize, type Tensor } from '@pellucid/core';
import { contractBatch, convolutionalNetwork } from '@pellucid/testkit';
import { afterAll, expect, test } from '@jest/globals';
import * as onnxruntime from 'onnxruntime-node';
import { growTeam, type GrowingTeam } from '../src/engine/team/growing-team.ts';
import { onnxRuntimePath } from '../src/engine/onnxruntime-module.ts';
import { stopMembers } from '../src/engine/team/program-end.ts';
import { openTeam, type SessionTeam } from '../src/engine/team/session-team.ts';
import type { Tensors } from '../src/engine/team/shared-tensors.ts';
import { teamSize } from '../src/engine/team/team-size.ts';
import { runChunks, type ChunkSettings } from '../src/query/run-chunks.ts';
import { buildNetwork } from './build-network.ts';

const OPTIONS = { intraOpNumThreads: 1, logSeverityLevel: 4 } as const;
const bytes = buildNetwork(convolutionalNetwork);
const other = buildNetwork({ ...convolutionalNetwork, layers: convolutionalNetwork.layers.map((layer) => (layer.kind === 'dense' ? { ...layer, bias: { ...layer.bias, data: layer.bias.data.map((value) => value + 1) } } : layer)) });
const open = (model: Uint8Array = bytes, size = 2): SessionTeam => openTeam(size, { runtime: onnxRuntimePath(), bytes: model, options: OPTIONS });

const session = onnxruntime.InferenceSession.create(bytes, OPTIONS);
const batch = contractBatch(convolutionalNetwork, 7);
afterAll(async () => (await session).release());

const feed = ({ shape, data }: Tensor): Tensors => ({ input: new onnxruntime.Tensor('float32', data, shape) });
const answer = async (tensors: Tensors): Promise<Tensors> => (await session).run(tensors as Parameters<onnxruntime.InferenceSession['run']>[0]);
const numbers = (tensors: Tensors): number[][] => Object.keys(tensors).toSorted().map((name) => Array.from(tensors[name]?.data as Float32Array));

/** A team that has been tried out on the batch. */
async function grown(team: GrowingTeam): Promise<GrowingTeam> {
  team.note(feed(batch), await answer(feed(batch)), 1);
  for (let i = 0; i < 2000 && team.ready() === null; i++) await new Promise((resolve) => { setTimeout(resolve, 5); });
  return team;
}

test('members answer as a session does, many runs at once, and leave the batch as it is', async () => {
  const team = open();
  const data = batch.data.slice();
  const expected = numbers(await answer(feed(batch)));
  const answers = await Promise.all(Array.from({ length: 9 }, () => team.run(feed(batch), numbers)));
  for (const found of answers) expect(found).toEqual(expected);
  expect(batch.data).toEqual(data);
  await team.release();
});

test('a part of a batch is copied, and not the memory around it', async () => {
  const team = open();
  const [, ...shape] = batch.shape;
  const size = batch.data.length / 7;
  const part = { shape: [2, ...shape], data: batch.data.subarray(3 * size, 5 * size) };
  expect(await team.run(feed(part), numbers)).toEqual(numbers(await answer(feed(part))));
  await team.release();
});

test('what the runtime refuses fails alone, and what was released fails all', async () => {
  const team = open();
  const wrong = feed({ shape: [1, 1, 2, 2], data: new Float32Array(4) });
  const [refused, done] = await Promise.allSettled([team.run(wrong, numbers), team.run(feed(batch), numbers)]);
  expect([refused.status, done.status]).toEqual(['rejected', 'fulfilled']);
  const running = team.run(feed(batch), numbers).then(() => 'done', () => 'ended');
  await team.release();
  expect(['done', 'ended']).toContain(await running);
  await expect(team.run(feed(batch), numbers)).rejects.toThrow('the thread of a session has ended');
});

test('where the program ends, members finish what they are at and start no more', async () => {
  const team = open();
  const expected = numbers(await answer(feed(batch)));
  await expect(Promise.all([1, 2].map(() => team.run(feed(batch), numbers)))).resolves.toEqual([expected, expected]);
  const running = Promise.allSettled(Array.from({ length: 6 }, () => team.run(feed(batch), numbers)));
  stopMembers();
  await expect(team.run(feed(batch), numbers)).rejects.toThrow('the program ends');
  for (const run of await running) expect(run.status === 'fulfilled' ? run.value : String(run.reason)).toEqual(run.status === 'fulfilled' ? expected : 'Error: Error: the program ends');
  await team.release();
  expect(process.listeners('exit')).not.toContain(stopMembers);
});

test('a model that cannot be opened fails its runs', async () => {
  const team = open(Uint8Array.of(1, 2, 3));
  await expect(team.run(feed(batch), numbers)).rejects.toThrow();
  await team.release();
});

test('a team grows once its session has had enough to do', async () => {
  let opened = 0;
  const team = growTeam(() => {
    opened++;
    return open();
  }, 10);
  const answers = await answer(feed(batch));
  team.note(feed(batch), answers, 9);
  expect([opened, team.ready()]).toEqual([0, null]);
  await grown(team);
  expect(team.ready()?.size).toBe(2);
  team.note(feed(batch), answers, 100);
  expect(opened).toBe(1);
  await team.release();
  expect(team.ready()).toBeNull();
});

test('a team that takes longer than its session is dismissed', async () => {
  const team = await grown(growTeam(open, 0));
  team.begin(false)(4);
  for (let stretch = 0; stretch < 8; stretch++) {
    const finish = team.begin(true);
    await new Promise((resolve) => { setTimeout(resolve, 5); });
    finish(4);
  }
  expect(team.ready()).toBeNull();
  await team.release();
});

test.each([
  ['answers with other numbers', () => open(other)], ['cannot be opened', () => open(Uint8Array.of(1, 2, 3))],
  ['throws', () => { throw new Error('no more threads'); }],
])('a team that %s is dismissed', async (_, make) => {
  let opened = 0;
  const team = growTeam(() => {
    opened++;
    return make();
  }, 0);
  team.note(feed(batch), await answer(feed(batch)), 1);
  // Releasing waits until it was tried out.
  await team.release();
  team.note(feed(batch), await answer(feed(batch)), 1);
  expect([opened, team.ready()]).toEqual([1, null]);
});

test('chunks are shared among the members, and the session does what is left over', async () => {
  const main = await session;
  let runs = 0;
  const counting = new Proxy(main, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value !== 'function') return value;
      return (...values: unknown[]): unknown => {
        if (key === 'run') runs++;
        return Reflect.apply(value, target, values);
      };
    },
  });
  const settings: ChunkSettings = { model: 'network', size: 1, atOnce: 2, padded: false, signal: undefined, samples: undefined };
  const run = async (team: GrowingTeam | null, changed: Partial<ChunkSettings> = {}): Promise<[number, unknown]> => {
    runs = 0;
    const answers = await runChunks({ runtime: onnxruntime, session: counting, team }, new Map([['input', batch]]), [], { ...settings, ...changed });
    return [runs, answers];
  };
  const [all, expected] = await run(null);
  expect(all).toBe(batchSize(batch));
  const team = await grown(growTeam(open, 0));
  await expect(run(team)).resolves.toEqual([1, expected]);
  // Four chunks, the last of them short.
  const [, inTwos] = await run(null, { size: 2 });
  await expect(run(team, { size: 2 })).resolves.toEqual([0, inTwos]);
  // A memory budget for one execution.
  expect((await run(team, { atOnce: 1 }))[0]).toBe(batchSize(batch));
  // Filled up for a graph of three samples.
  const [, filled] = await run(null, { size: 3, padded: true });
  await expect(run(team, { size: 3, padded: true })).resolves.toEqual([1, filled]);
  // Members that have ended leave it to the session.
  const members = team.ready();
  await members?.release();
  await expect(run(team)).resolves.toEqual([batchSize(batch), expected]);
  await expect(run(team, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ABORTED' });
  await team.release();
});

test('small weights get a member for each thread, large ones none', () => {
  expect(teamSize(2, 14e6)).toBe(2);
  expect(teamSize(1, 14e6)).toBe(1);
  expect(teamSize(16, 45e6)).toBe(7);
  expect(teamSize(64, 1e5)).toBe(16);
  expect(teamSize(2, 553e6)).toBe(1);
});
