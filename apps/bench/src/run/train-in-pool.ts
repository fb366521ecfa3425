import type { Failure } from '../store/result-row.ts';
import type { RetrainTask, StudyTask, TrainTask } from '../worker/protocol.ts';
import type { Pool } from './pool.ts';
import { WORKER_FAILURES } from './worker-process.ts';

/** What a training gave. */
export interface Trained {
  /** For each test image 1 where the network is right. */
  readonly correct: Uint8Array;
  readonly seconds: number;
}

/** Any task that trains a network. */
export type TrainingTask = TrainTask | RetrainTask | StudyTask;

async function trainOnce(pool: Pool, task: TrainingTask): Promise<Trained | { readonly failure: Failure }> {
  const results: Trained[] = [];
  const failure = await pool.run({
    engine: 'training',
    task,
    onReply: (reply) => {
      if (reply.kind === 'trained') results.push(reply);
    },
  });
  const [result] = results;
  if (failure === null && result !== undefined) return result;
  return { failure: failure ?? { code: 'UNEXPECTED', message: 'The training ended without a result.' } };
}

/** Runs a training in the pool; once more where its process was to blame. */
export async function trainInPool(pool: Pool, task: TrainingTask): Promise<Trained | { readonly failure: Failure }> {
  const first = await trainOnce(pool, task);
  return 'failure' in first && WORKER_FAILURES.includes(first.failure.code) ? trainOnce(pool, task) : first;
}
