import type { BackendName } from '../configuration/configuration.ts';
import type { Failure } from '../store/result-row.ts';
import type { Reply, Task } from '../worker/protocol.ts';
import { startWorker, type WorkerLimits, type WorkerProcess } from './worker-process.ts';

/** A task for the pool, and who listens to its replies. */
export interface Job {
  readonly task: Task;
  /** The engine that the task needs; a process holds one. Training takes the fastest of tfjs. */
  readonly engine: BackendName | 'training';
  readonly onReply: (reply: Reply) => void;
}

/** What works through jobs: processes, or this one. */
export interface Pool {
  /** Queues a job; resolves when it ended, with the reason when it failed. Never rejects. */
  readonly run: (job: Job) => Promise<Failure | null>;
  /** Ends all processes. */
  readonly close: () => void;
}

interface Waiting extends Job {
  readonly settle: (failure: Failure | null) => void;
}

interface Worker {
  readonly engine: Job['engine'];
  readonly process: WorkerProcess;
  /** The job in work; null when idle. */
  job: Waiting | null;
}

/**
 * Starts up to `size` processes, one engine each, as jobs need them. A process that dies, hangs or takes too much memory fails its job and no
 * other: the next job gets a new process.
 */
export function createPool(size: number, entry: URL, limits: WorkerLimits): Pool {
  const queue: Waiting[] = [];
  const workers = new Set<Worker>();

  const finish = (worker: Worker, failure: Failure | null): void => {
    const { job } = worker;
    worker.job = null;
    job?.settle(failure);
    schedule();
  };

  const start = (engine: Job['engine']): Worker => {
    const worker: Worker = {
      engine,
      job: null,
      process: startWorker(entry, limits, {
        onReply: (reply) => {
          if (reply.kind === 'done') finish(worker, reply.error);
          else worker.job?.onReply(reply);
        },
        onEnd: (failure) => {
          workers.delete(worker);
          finish(worker, failure);
        },
      }),
    };
    workers.add(worker);
    return worker;
  };

  /** A worker for a job: an idle one with its engine, a new one, or a new one in place of an idle one that has nothing to do. */
  const workerFor = (job: Waiting): Worker | undefined => {
    const idle = [...workers].filter((worker) => worker.job === null && worker.process.isConnected());
    const match = idle.find((worker) => worker.engine === job.engine);
    if (match !== undefined) return match;
    if (workers.size < size) return start(job.engine);
    const useless = idle.find((worker) => !queue.some((waiting) => waiting.engine === worker.engine));
    if (useless === undefined) return undefined;
    workers.delete(useless);
    useless.process.disconnect();
    return start(job.engine);
  };

  /** Of the waiting jobs, the first whose engine has the fewest busy processes: so all engines keep working side by side. */
  const schedule = (): void => {
    const busy = (engine: Job['engine']): number => [...workers].filter((worker) => worker.job !== null && worker.engine === engine).length;
    for (const job of [...queue].sort((a, b) => busy(a.engine) - busy(b.engine))) {
      const worker = workerFor(job);
      if (worker === undefined) continue;
      queue.splice(queue.indexOf(job), 1);
      worker.job = job;
      worker.process.send(job.task);
      schedule();
      return;
    }
  };

  return {
    run: (job) =>
      new Promise((settle) => {
        queue.push({ ...job, settle });
        schedule();
      }),
    close: () => {
      for (const worker of workers) worker.process.disconnect();
      workers.clear();
    },
  };
}
