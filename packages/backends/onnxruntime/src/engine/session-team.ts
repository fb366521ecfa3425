import type { InferenceSession, Tensor } from 'onnxruntime-common';
import { Worker } from 'node:worker_threads';

/** The tensors of a run, by name. */
export type Tensors = Readonly<Record<string, Pick<Tensor, 'type' | 'dims' | 'data'>>>;

/** Sessions of the same graph, each on a thread of its own. */
export interface SessionTeam {
  /** How many runs go on at once. */
  readonly size: number;
  /** Runs the graph on the member that has least to do. @throws Error where the runtime fails, or the member has ended. */
  readonly run: (feeds: Tensors) => Promise<Tensors>;
  readonly release: () => Promise<void>;
}

/** What a member needs to make its session. */
export interface TeamSource {
  /** Where the runtime's package lies. */
  readonly runtime: string;
  readonly bytes: Uint8Array;
  readonly options: InferenceSession.SessionOptions;
}

/** Who waits for a run. */
interface Waiting {
  readonly resolve: (tensors: Tensors) => void;
  readonly reject: (cause: Error) => void;
}

interface Member {
  readonly waiting: () => number;
  readonly run: (feeds: Tensors) => Promise<Tensors>;
  readonly end: () => Promise<void>;
}

/** What a member answers to the run of this number. */
type Answer = { readonly run: number } & ({ readonly tensors: Tensors } | { readonly failure: string });

// A text, since a file beside this one would have another name in the sources than in the build. The runtime's memory cannot be handed over: answers are copied.
const MEMBER = `
  const { parentPort, workerData } = require('node:worker_threads');
  const { InferenceSession, Tensor } = require(workerData);
  let session;
  parentPort.on('message', async ({ bytes, options, run, feeds }) => {
    try {
      session ??= InferenceSession.create(bytes, options);
      const made = await session;
      if (run === undefined) return;
      const inputs = Object.entries(feeds).map(([name, { type, data, dims }]) => [name, new Tensor(type, data, dims)]);
      const answers = Object.entries(await made.run(Object.fromEntries(inputs), { logSeverityLevel: 4 }));
      const tensors = answers.map(([name, { type, data, dims }]) => [name, { type, dims, data: data.slice() }]);
      parentPort.postMessage({ run, tensors: Object.fromEntries(tensors) }, tensors.map(([, { data }]) => data.buffer));
    } catch (error) {
      if (run !== undefined) parentPort.postMessage({ run, failure: String(error) });
    }
  });
`;

/** Copies of tensors that nobody else reads, and their memory. */
function copyTensors(feeds: Tensors): { readonly tensors: Tensors; readonly memory: ArrayBuffer[] } {
  const memory: ArrayBuffer[] = [];
  const tensors = Object.fromEntries(Object.entries(feeds).map(([name, { type, dims, data }]) => {
    if (!ArrayBuffer.isView(data)) throw new Error(`internal: ${name} is a tensor of ${type}`);
    const copy = data.slice();
    memory.push(copy.buffer);
    return [name, { type, dims, data: copy }];
  }));
  return { tensors, memory };
}

function openMember({ runtime, bytes, options }: TeamSource): Member {
  // Flags of the program, such as loaders and `--input-type`, are not for it.
  const worker = new Worker(MEMBER, { eval: true, execArgv: [], workerData: runtime });
  // As a message, whose memory is free once the session is made.
  worker.postMessage({ bytes, options });
  const runs = new Map<number, Waiting>();
  let next = 0;
  let ended: Error | null = null;
  const finish = (run: number): Waiting | undefined => {
    const found = runs.get(run);
    runs.delete(run);
    // A program may end while its models wait, not while it waits for them.
    if (runs.size === 0) worker.unref();
    return found;
  };
  const end = (cause: Error): void => {
    ended ??= cause;
    for (const run of [...runs.keys()]) finish(run)?.reject(cause);
  };
  worker.unref();
  worker.on('message', (answer: Answer) => {
    const found = finish(answer.run);
    if ('tensors' in answer) found?.resolve(answer.tensors);
    else found?.reject(new Error(answer.failure));
  });
  worker.on('error', end);
  worker.on('exit', () => { end(new Error('the thread of a session has ended')); });
  return {
    waiting: () => runs.size,
    run(feeds) {
      if (ended !== null) return Promise.reject(ended);
      const { tensors, memory } = copyTensors(feeds);
      const run = next++;
      worker.ref();
      worker.postMessage({ run, feeds: tensors }, memory);
      return new Promise((resolve, reject) => { runs.set(run, { resolve, reject }); });
    },
    end: async () => { await worker.terminate(); },
  };
}

/** Opens sessions on threads of their own. What keeps one from being made fails its first run. */
export function openTeam(size: number, source: TeamSource): SessionTeam {
  const members = Array.from({ length: size }, () => openMember(source));
  return {
    size,
    run: (feeds) => members.reduce((idlest, member) => (member.waiting() < idlest.waiting() ? member : idlest)).run(feeds),
    release: async () => { await Promise.all(members.map(({ end }) => end())); },
  };
}
