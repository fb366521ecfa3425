import { fork, type ChildProcess } from 'node:child_process';
import type { BackendName } from '../configuration/configuration.ts';
import type { Failure } from '../store/result-row.ts';
import type { Reply, Task } from '../worker/protocol.ts';

/** A task for the pool, and who listens to its replies. */
export interface Job {
  readonly task: Task;
  /** The engine that the task needs; a process holds one. Training takes the fastest of tfjs. */
  readonly engine: BackendName | 'training';
  readonly onReply: (reply: Reply) => void;
}

/** Processes that work through jobs. */
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
  readonly process: ChildProcess;
  /** The job in work; null when idle. */
  job: Waiting | null;
}

const describeEnd = (code: number | null, signal: string | null): string =>
  signal === null ? `exit status ${code ?? 'unknown'}` : `signal ${signal}`;

/**
 * Starts up to `size` processes, one engine each, as jobs need them. A process that dies fails its job and no other: the next job gets a
 * new process.
 */
export function createPool(size: number, entry: URL): Pool {
  const queue: Waiting[] = [];
  const workers = new Set<Worker>();

  const finish = (worker: Worker, failure: Failure | null): void => {
    const { job } = worker;
    worker.job = null;
    job?.settle(failure);
  };

  const start = (engine: Job['engine']): Worker => {
    // Engines print notices of their own; standard output belongs to the results.
    const process = fork(entry, { serialization: 'advanced', stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    const worker: Worker = { engine, process, job: null };
    let lastWords = '';
    process.stderr?.on('data', (data: Buffer) => {
      lastWords = (lastWords + data.toString()).slice(-2000);
    });
    process.on('message', (reply: Reply) => {
      if (reply.kind !== 'done') {
        worker.job?.onReply(reply);
        return;
      }
      finish(worker, reply.error);
      schedule();
    });
    const end = (how: string): void => {
      workers.delete(worker);
      const line = lastWords.trim().split('\n').findLast((text) => /error/i.test(text));
      finish(worker, { code: 'WORKER_DIED', message: `The process that worked on this ended with ${how}.${line === undefined ? '' : ` ${line.trim()}`}` });
      schedule();
    };
    process.once('close', (code, signal) => {
      end(describeEnd(code, signal));
    });
    process.once('error', (error) => {
      end(error.message);
    });
    workers.add(worker);
    return worker;
  };

  const assign = (worker: Worker, job: Waiting): void => {
    queue.splice(queue.indexOf(job), 1);
    worker.job = job;
    // A process that is gone by now reports its end itself.
    worker.process.send(job.task, () => undefined);
  };

  /** A worker for a job: an idle one with its engine, a new one, or a new one in place of an idle one that has nothing to do. */
  const workerFor = (job: Waiting): Worker | undefined => {
    const idle = [...workers].filter((worker) => worker.job === null && worker.process.connected);
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
      assign(worker, job);
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
      for (const worker of workers) if (worker.process.connected) worker.process.disconnect();
      workers.clear();
    },
  };
}
