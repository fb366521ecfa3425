import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { BackendName } from '../configuration/configuration.ts';
import type { Reply, Task } from '../worker/protocol.ts';
import { createPool, type Job, type Pool } from './pool.ts';

/** A worker that answers with its process and does what the seed says: 1 and 3 die, 2 fails, 4 hangs, 8 takes memory and says nothing. */
const WORKER = `
process.on('message', ({ seed }) => {
  if (seed === 4) for (;;);
  if (seed === 8) { globalThis.held = Buffer.alloc(2 ** 28, 1); return; }
  if (seed === 1) { console.error('RangeError: out of luck'); process.exit(7); }
  if (seed === 3) process.kill(process.pid, 'SIGKILL');
  process.send({ kind: 'trained', correct: Uint8Array.of(seed), seconds: process.pid });
  setTimeout(() => process.send({ kind: 'done', error: seed === 2 ? { code: 'DATA_MISSING', message: 'gone' } : null }), 20);
});
process.on('disconnect', () => process.exit());
`;

let folder = '';
let pool: Pool;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pellucid-pool-'));
  writeFileSync(join(folder, 'worker.mjs'), WORKER);
  pool = createPool(2, pathToFileURL(join(folder, 'worker.mjs')), { timeout: 5, memory: 2 ** 28 });
});
afterEach(() => {
  pool.close();
  rmSync(folder, { recursive: true });
});

const replies: Reply[] = [];
const job = (seed: number, engine: BackendName = 'tfjs'): Job => ({
  engine,
  // The pool passes tasks on without a look inside.
  task: { kind: 'retrain', seed, change: null } as Task,
  onReply: (reply) => replies.push(reply),
});
const processes = (): number[] => replies.splice(0).flatMap((reply) => (reply.kind === 'trained' ? [reply.seconds] : []));

test('jobs reach processes, replies come back whole, typed arrays included', async () => {
  expect(await pool.run(job(5))).toBeNull();
  expect(replies.splice(0)).toEqual([{ kind: 'trained', correct: Uint8Array.of(5), seconds: expect.any(Number) }]);
});

test('a process holds one engine', async () => {
  const engines: BackendName[] = ['tfjs', 'tfjs', 'tfjs', 'onnxruntime', 'onnxruntime', 'tfjs', 'onnxruntime', 'tfjs'];
  const byEngine = new Map<BackendName, Set<number>>();
  await Promise.all(
    engines.map((engine, i) =>
      pool.run({
        ...job(10 + i, engine),
        onReply: (reply) => {
          if (reply.kind !== 'trained') return;
          byEngine.set(engine, (byEngine.get(engine) ?? new Set()).add(reply.seconds));
        },
      }),
    ),
  );
  const [a, b] = [byEngine.get('tfjs'), byEngine.get('onnxruntime')];
  expect([...(a ?? [])].filter((id) => b?.has(id))).toEqual([]);
  expect((a?.size ?? 0) + (b?.size ?? 0)).toBeGreaterThanOrEqual(2);
});

test('a job that fails says why, and its process goes on', async () => {
  expect(await pool.run(job(2))).toEqual({ code: 'DATA_MISSING', message: 'gone' });
  expect(await pool.run(job(5))).toBeNull();
  expect(new Set(processes()).size).toBe(1);
});

test('a process that dies fails its own job alone, with its last words', async () => {
  const results = await Promise.all([pool.run(job(5)), pool.run(job(1)), pool.run(job(6)), pool.run(job(3)), pool.run(job(7))]);
  replies.splice(0);
  expect(results.map((failure) => failure?.code ?? null)).toEqual([null, 'WORKER_DIED', null, 'WORKER_DIED', null]);
  expect(results[1]?.message).toMatch(/exit status 7.*RangeError: out of luck/);
  expect(results[3]?.message).toMatch(/SIGKILL/);
});

test('a process that hangs is ended, and the next job gets a new one', async () => {
  const impatient = createPool(1, pathToFileURL(join(folder, 'worker.mjs')), { timeout: 1, memory: Infinity });
  const [hung, next] = await Promise.all([impatient.run(job(4)), impatient.run(job(5))]);
  impatient.close();
  expect(hung).toEqual({ code: 'WORKER_HUNG', message: expect.stringContaining('no answer for 1 s') });
  expect(next).toBeNull();
});

test('a process that holds too much memory is ended', async () => {
  const failure = await pool.run(job(8));
  expect(failure).toEqual({ code: 'WORKER_MEMORY', message: expect.stringMatching(/held \d+ MiB of memory, more than the 256 MiB/) });
});
