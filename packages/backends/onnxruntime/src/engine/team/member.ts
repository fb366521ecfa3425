import type { InferenceSession } from 'onnxruntime-common';
import { Worker } from 'node:worker_threads';
import { MEMBER_PROGRAM } from './member-program.ts';
import { forgetState, watchedState } from './program-end.ts';
import { shareTensors, type Tensors } from './shared-tensors.ts';

/** What a member needs to make its session. */
export interface TeamSource {
  /** Where the runtime's package lies. */
  readonly runtime: string;
  readonly bytes: Uint8Array;
  readonly options: InferenceSession.SessionOptions;
}

/** Memory that both threads see, for what a run is given and what it answers. */
interface RunMemory {
  readonly feeds: SharedArrayBuffer | undefined;
  readonly answers: SharedArrayBuffer | undefined;
}

/** What a member answers to the run of this number. */
type Answer = { readonly run: number } & ({ readonly tensors: Tensors; readonly memory: SharedArrayBuffer } | { readonly failure: string });

/** Who waits for a run. */
interface Waiting {
  readonly settle: (answer: Answer) => void;
  readonly reject: (cause: Error) => void;
}

/** A session on a thread of its own. */
export interface Member {
  /** Runs that it has not answered. */
  readonly waiting: () => number;
  /** As `SessionTeam.run`. */
  readonly run: <Result>(feeds: Tensors, read: (answers: Tensors) => Result) => Promise<Result>;
  readonly end: () => Promise<void>;
}

/** Opens a session on a thread of its own. What keeps it from being made fails its runs. */
export function openMember({ runtime, bytes, options }: TeamSource): Member {
  const state = watchedState();
  // Flags of the program, such as loaders and `--input-type`, are not for it.
  const worker = new Worker(MEMBER_PROGRAM, { eval: true, execArgv: [], workerData: { runtime, state } });
  // As a message, whose memory is free once the session is made.
  worker.postMessage({ bytes, options });
  const runs = new Map<number, Waiting>();
  const spare: RunMemory[] = [];
  let next = 0;
  let ended: Error | null = null;
  const finish = (run: number): Waiting | undefined => {
    const found = runs.get(run);
    runs.delete(run);
    // A program may end while its models wait, not while it waits for them.
    if (runs.size === 0 && ended === null) worker.unref();
    return found;
  };
  const end = (cause: Error): void => {
    ended ??= cause;
    for (const run of [...runs.keys()]) finish(run)?.reject(cause);
  };
  worker.unref();
  worker.on('message', (answer: Answer) => { finish(answer.run)?.settle(answer); });
  worker.on('error', end);
  worker.on('exit', () => {
    forgetState(state);
    end(new Error('the thread of a session has ended'));
  });
  return {
    waiting: () => runs.size,
    run(feeds, read) {
      if (ended !== null) return Promise.reject(ended);
      const held = spare.pop();
      const { tensors, memory } = shareTensors(feeds, held?.feeds);
      const run = next++;
      worker.ref();
      worker.postMessage({ run, feeds: tensors, memory: held?.answers });
      return new Promise((resolve, reject) => {
        const settle = (answer: Answer): void => {
          try {
            if ('failure' in answer) throw new Error(answer.failure);
            resolve(read(answer.tensors));
          } catch (cause) {
            reject(cause as Error);
          } finally {
            spare.push({ feeds: memory, answers: 'memory' in answer ? answer.memory : held?.answers });
          }
        };
        runs.set(run, { settle, reject });
      });
    },
    // It ends by itself: to terminate a thread within the runtime's code ends the process.
    end: () => new Promise((resolve) => {
      if (ended !== null) {
        resolve();
        return;
      }
      worker.ref();
      worker.once('exit', () => { resolve(); });
      worker.postMessage('end');
      end(new Error('the thread of a session has ended'));
    }),
  };
}
