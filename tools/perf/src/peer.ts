import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { PellucidError } from '@pellucid/core';
import type { Block } from './blocks.ts';
import { PYTHON_FOLDER } from './networks.ts';

/** PyTorch and Captum in a process of their own, which waits while our side works. */
export interface Peer {
  /** Resolves once its libraries are there. */
  readonly ready: () => Promise<void>;
  /** Builds a network. @returns the predicted classes */
  readonly load: (network: string, inputFile: string, shape: readonly number[], threads: number) => Promise<readonly number[]>;
  /** A block of calls of a method. */
  readonly time: (method: string, layer: string, seconds: number) => Promise<Block>;
  /** MiB that the process held at most, after one call. */
  readonly peakMemory: (method: string) => Promise<number>;
  readonly close: () => void;
}

interface Answer {
  readonly error?: string;
  readonly targets: readonly number[];
  readonly times: readonly number[];
  readonly cpu: number;
  readonly peak: number;
}

function unavailable(python: string, problem: string): PellucidError {
  return new PellucidError('BACKEND_UNAVAILABLE', {
    engine: `the peer (${python})`, reason: problem, help: 'Give a Python with torch, torchvision and captum as --peer-python; without it ours alone is measured.',
  });
}

function failureOf(child: ChildProcessWithoutNullStreams, python: string): Promise<never> {
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => { complaints = (complaints + text).slice(-4000); });
  return new Promise((_, reject) => {
    child.once('error', ({ message }) => { reject(unavailable(python, message)); });
    child.once('exit', () => { reject(unavailable(python, complaints.trim().split('\n').at(-1) ?? 'it ended')); });
  });
}

/** Starts the peer. Its methods reject with what it says went wrong, and with BACKEND_UNAVAILABLE once the process has ended. */
export function startPeer(python: string): Peer {
  const child = spawn(python, [join(PYTHON_FOLDER, 'peer.py')], { stdio: 'pipe' });
  const failure = failureOf(child, python);
  failure.catch(() => undefined);
  child.stdin.on('error', () => undefined);
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async (question: object): Promise<Answer> => {
    child.stdin.write(`${JSON.stringify(question)}\n`);
    const { value, done } = await Promise.race([answers.next(), failure]);
    if (done === true) return failure;
    const answer = JSON.parse(value) as Answer;
    if (answer.error !== undefined) throw new Error(`the peer: ${answer.error}`);
    return answer;
  };
  return {
    ready: async () => { await ask({ ready: true }); },
    load: async (load, input, shape, threads) => (await ask({ load, input, shape, threads })).targets,
    time: async (time, layer, seconds) => {
      const { times, cpu } = await ask({ time, layer, seconds });
      return { times, cpu };
    },
    peakMemory: async (memory) => (await ask({ memory })).peak,
    close: () => child.kill(),
  };
}
