import type { InferenceSession, Tensor } from 'onnxruntime-common';
import process from 'node:process';
import { Worker } from 'node:worker_threads';

/** The tensors of a run, by name. */
export type Tensors = Readonly<Record<string, Pick<Tensor, 'type' | 'dims' | 'data'>>>;

/** Sessions of the same graph, each on a thread of its own. */
export interface SessionTeam {
  /** How many runs go on at once. */
  readonly size: number;
  /**
   * Runs the graph on the member that has least to do. `read` is given the answers in memory that the next run writes over.
   * @throws Error where the runtime fails, or the member has ended; what `read` throws.
   */
  readonly run: <Result>(feeds: Tensors, read: (answers: Tensors) => Result) => Promise<Result>;
  readonly release: () => Promise<void>;
}

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

interface Member {
  readonly waiting: () => number;
  readonly run: SessionTeam['run'];
  readonly end: () => Promise<void>;
}

/** Whether a member is at work, and whether it is to stop: two integers for each that lives. */
const states = new Set<Int32Array>();

/** What a run may take that the end of the program waits for, in milliseconds. */
const PATIENCE = 10_000;

/**
 * Lets members finish what they are at, and start no more. A program that ends while a thread is within the runtime's code would be aborted instead
 * (`terminate called after throwing an instance of 'Napi::Error'`).
 */
export function stopMembers(): void {
  for (const state of states) Atomics.store(state, 1, 1);
  for (const state of states) Atomics.wait(state, 0, 1, PATIENCE);
}

// A text, since a file beside this one would have another name in the sources than in the build. The runtime takes no shared memory, so that values are copied
// at both ends, into arrays that stay: new ones cost more than the copies, and bring the garbage collector every few runs. Where the lengths of an output
// depend on values, the runtime refuses the array of the last run, and gets none from then on.
const MEMBER = `
  const { parentPort, workerData } = require('node:worker_threads');
  const { runtime, state } = workerData;
  const { InferenceSession, Tensor } = require(runtime);
  const QUIET = { logSeverityLevel: 4 };
  const inputs = {};
  let [session, outputs, reused] = [undefined, undefined, true];
  const take = ([name, { type, data, dims }]) => {
    const held = inputs[name];
    if (held !== undefined && held.type === type && held.dims.join() === dims.join()) return held.data.set(data);
    inputs[name] = new Tensor(type, data.slice(), dims);
    outputs = undefined;
  };
  const compute = async (made) => {
    if (outputs === undefined) {
      const answers = Object.entries(await made.run(inputs, QUIET));
      outputs = Object.fromEntries(answers.map(([name, { type, data, dims }]) => [name, new Tensor(type, data.slice(), dims)]));
    } else await made.run(inputs, outputs, QUIET);
    return Object.entries(outputs);
  };
  const share = (answers, given) => {
    const size = answers.reduce((sum, [, { data }]) => sum + Math.ceil(data.byteLength / 8) * 8, 0);
    const memory = given !== undefined && given.byteLength >= size ? given : new SharedArrayBuffer(size);
    let offset = 0;
    const tensors = answers.map(([name, { type, data, dims }]) => {
      const shared = new data.constructor(memory, offset, data.length);
      shared.set(data);
      offset += Math.ceil(data.byteLength / 8) * 8;
      return [name, { type, dims, data: shared }];
    });
    return { memory, tensors: Object.fromEntries(tensors) };
  };
  const answer = async ({ bytes, options, run, feeds, memory }) => {
    Atomics.store(state, 0, 1);
    try {
      if (Atomics.load(state, 1) === 1) throw new Error('the program ends');
      session ??= InferenceSession.create(bytes, options);
      const made = await session;
      if (run === undefined) return;
      Object.entries(feeds).forEach(take);
      if (!reused) outputs = undefined;
      parentPort.postMessage({ run, ...share(await compute(made), memory) });
    } catch (error) {
      if (outputs !== undefined) reused = false;
      outputs = undefined;
      if (run !== undefined) parentPort.postMessage({ run, failure: String(error) });
    }
    Atomics.store(state, 0, 0);
    Atomics.notify(state, 0);
  };
  let [last, ended] = [Promise.resolve(), false];
  parentPort.on('message', (message) => {
    if (message === 'end') {
      ended = true;
      parentPort.close();
    } else last = last.then(() => (ended ? undefined : answer(message)));
  });
`;

/** Copies tensors into shared memory: what there is, or new memory where that is too short. */
function shareTensors(feeds: Tensors, given: SharedArrayBuffer | undefined): { readonly tensors: Tensors; readonly memory: SharedArrayBuffer } {
  const room = (length: number): number => Math.ceil(length / 8) * 8;
  const views = Object.entries(feeds).map(([name, { type, dims, data }]) => {
    if (!ArrayBuffer.isView(data)) throw new Error(`internal: ${name} is a tensor of ${type}`);
    return { name, type, dims, data };
  });
  const size = views.reduce((sum, { data }) => sum + room(data.byteLength), 0);
  const memory = given !== undefined && given.byteLength >= size ? given : new SharedArrayBuffer(size);
  let offset = 0;
  const tensors = views.map(({ name, type, dims, data }) => {
    const Values = data.constructor as new (memory: SharedArrayBuffer, offset: number, length: number) => typeof data;
    const shared = new Values(memory, offset, data.length);
    new Uint8Array(memory, offset, data.byteLength).set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    offset += room(data.byteLength);
    return [name, { type, dims, data: shared }] as const;
  });
  return { tensors: Object.fromEntries(tensors), memory };
}

function openMember({ runtime, bytes, options }: TeamSource): Member {
  const state = new Int32Array(new SharedArrayBuffer(8));
  if (states.size === 0) process.once('exit', stopMembers);
  states.add(state);
  // Flags of the program, such as loaders and `--input-type`, are not for it.
  const worker = new Worker(MEMBER, { eval: true, execArgv: [], workerData: { runtime, state } });
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
    states.delete(state);
    if (states.size === 0) process.off('exit', stopMembers);
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

/** Opens sessions on threads of their own. What keeps one from being made fails its first run. */
export function openTeam(size: number, source: TeamSource): SessionTeam {
  const members = Array.from({ length: size }, () => openMember(source));
  return {
    size,
    run: (feeds, read) => members.reduce((idlest, member) => (member.waiting() < idlest.waiting() ? member : idlest)).run(feeds, read),
    release: async () => { await Promise.all(members.map(({ end }) => end())); },
  };
}
