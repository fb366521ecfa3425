import { fork, type ChildProcess } from 'node:child_process';
import type { Failure } from '../store/result-row.ts';
import type { Reply, Task } from '../worker/protocol.ts';
import { residentMemory } from './resident-memory.ts';

/** What a worker may take. */
export interface WorkerLimits {
  /** Seconds between two signs of life, which are the replies to a task. */
  readonly timeout: number;
  /** Bytes. */
  readonly memory: number;
}

/** A process that works on one task at a time. */
export interface WorkerProcess {
  readonly isConnected: () => boolean;
  readonly send: (task: Task) => void;
  /** Lets it end by itself. */
  readonly disconnect: () => void;
}

/** Who hears of a worker. */
export interface WorkerEvents {
  readonly onReply: (reply: Reply) => void;
  /** It is gone; what it worked on will not come. */
  readonly onEnd: (failure: Failure) => void;
}

/** Codes of failures that the process is to blame for, not the task: another try may go well. */
export const WORKER_FAILURES: readonly string[] = ['WORKER_DIED', 'WORKER_HUNG', 'WORKER_MEMORY'];

const MEMORY_CHECK_MS = 250;
const MIB = 2 ** 20;

const describeEnd = (code: number | null, signal: string | null): string =>
  signal === null ? `exit status ${code ?? 'unknown'}` : `signal ${signal}`;

/** The line of a process's last words that says most. */
function lastError(words: string): string {
  const line = words.trim().split('\n').findLast((text) => /error/i.test(text));
  return line === undefined ? '' : ` ${line.trim()}`;
}

/** Kills a process that goes silent or takes too much memory while it has a task. */
function watch(child: ChildProcess, { timeout, memory }: WorkerLimits, kill: (failure: Failure) => void): { readonly alive: () => void; readonly rest: () => void } {
  const timers: { silence?: NodeJS.Timeout | undefined; memory?: NodeJS.Timeout | undefined } = {};
  const rest = (): void => {
    clearTimeout(timers.silence);
    clearInterval(timers.memory);
    timers.memory = undefined;
  };
  const checkMemory = (): void => {
    const held = child.pid === undefined ? null : residentMemory(child.pid);
    if (held === null || held <= memory) return;
    const [holds, may] = [held, memory].map((bytes) => Math.round(bytes / MIB));
    kill({ code: 'WORKER_MEMORY', message: `The process that worked on this held ${holds} MiB of memory, more than the ${may} MiB that it may.` });
  };
  return {
    alive: () => {
      clearTimeout(timers.silence);
      // Longer delays than a timer can count mean no limit.
      timers.silence = setTimeout(() => {
        kill({ code: 'WORKER_HUNG', message: `The process that worked on this gave no answer for ${timeout} s.` });
      }, Math.min(timeout * 1000, 2 ** 31 - 1));
      timers.memory ??= setInterval(checkMemory, MEMORY_CHECK_MS);
    },
    rest,
  };
}

/** Starts a worker. */
export function startWorker(entry: URL, limits: WorkerLimits, { onReply, onEnd }: WorkerEvents): WorkerProcess {
  // Engines print notices of their own; standard output belongs to the results.
  const child = fork(entry, { serialization: 'advanced', stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  const state: { lastWords: string; killed: Failure | null; ended: boolean } = { lastWords: '', killed: null, ended: false };
  const { alive, rest } = watch(child, limits, (failure) => {
    state.killed ??= failure;
    child.kill('SIGKILL');
  });
  const end = (how: string): void => {
    if (state.ended) return;
    state.ended = true;
    rest();
    onEnd(state.killed ?? { code: 'WORKER_DIED', message: `The process that worked on this ended with ${how}.${lastError(state.lastWords)}` });
  };
  child.stderr?.on('data', (data: Buffer) => {
    state.lastWords = (state.lastWords + data.toString()).slice(-2000);
  });
  child.on('message', (reply: Reply) => {
    if (reply.kind === 'done') rest();
    else alive();
    onReply(reply);
  });
  child.once('close', (code, signal) => {
    end(describeEnd(code, signal));
  });
  child.once('error', (error) => {
    end(error.message);
  });
  return {
    isConnected: () => child.connected,
    send: (task) => {
      alive();
      // A process that is gone by now reports its end itself.
      child.send(task, () => undefined);
    },
    disconnect: () => {
      rest();
      if (child.connected) child.disconnect();
    },
  };
}
