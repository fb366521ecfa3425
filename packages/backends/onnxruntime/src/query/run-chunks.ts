import { batchSize, sampleSize, sizeOf, sliceBatch, throwIfAborted, zeros, type Tensor } from '@pellucid/core';
import type { InferenceSession, Tensor as EngineTensor } from 'onnxruntime-common';
import type { GrowingTeam } from '../engine/team/growing-team.ts';
import type { OnnxRuntime } from '../engine/onnxruntime-module.ts';
import { runSession } from '../engine/run-session.ts';
import type { SessionTeam } from '../engine/team/session-team.ts';
import type { Tensors } from '../engine/team/shared-tensors.ts';
import type { BoundInput } from '../model/bound-inputs.ts';

/** What is fed along the batch axis: each chunk takes its samples of every tensor. */
export type BatchFeeds = ReadonlyMap<string, Tensor>;

/** What runs a graph. */
export interface Runner {
  readonly runtime: OnnxRuntime;
  readonly session: InferenceSession;
  /** Further sessions, for chunks side by side. */
  readonly team: GrowingTeam | null;
}

/** How a batch is cut. */
export interface ChunkSettings {
  readonly model: string;
  /** Samples per execution. */
  readonly size: number;
  /** How many executions may go on at once. */
  readonly atOnce: number;
  /** Fills the last chunk up to `size`, for a graph that takes no other number of samples. */
  readonly padded: boolean;
  readonly signal: AbortSignal | undefined;
  /** Which sample of bound values each row of the batch is, where these differ. */
  readonly samples: readonly number[] | undefined;
}

/** The samples from `start` to `end`; the last one is repeated up to `size` samples. */
function padBatch(batch: Tensor, start: number, end: number, size: number): Tensor {
  const part = sliceBatch(batch, start, end);
  if (end - start === size) return part;
  const padded = zeros([size, ...batch.shape.slice(1)]);
  padded.data.set(part.data);
  const length = sampleSize(batch);
  for (let sample = end - start; sample < size; sample++) {
    padded.data.set(part.data.subarray(part.data.length - length), sample * length);
  }
  return padded;
}

/** Collects what the chunks give of one tensor. */
interface Collector {
  readonly add: (part: Tensors[string], start: number, count: number, executed: number) => void;
  readonly tensor: () => Tensor;
}

/**
 * Copies the parts into one tensor. A part that is the whole is copied too: the engine's memory would keep all that its session took, and the
 * copy costs little beside an execution.
 */
function collector(name: string, total: number): Collector {
  let result: Tensor | null = null;
  return {
    add({ dims, data, type }, start, count, executed) {
      if (!(data instanceof Float32Array)) throw new Error(`internal: tensor ${name} holds ${type}`);
      // A tensor may have several rows per sample, such as the windows of a Swin transformer.
      const rows = (dims[0] ?? 1) / executed;
      const shape = [rows * total, ...dims.slice(1)];
      const size = rows * sizeOf(dims.slice(1));
      if (count === total) result = { shape, data: data.slice(0, count * size) };
      else {
        result ??= zeros(shape);
        result.data.set(data.subarray(0, count * size), start * size);
      }
    },
    tensor() {
      if (result === null) throw new Error(`internal: tensor ${name} was never computed`);
      return result;
    },
  };
}

/** Makes what the graph is fed for the rows from `start` to `end`. */
function feedChunk(
  { runtime, session: { inputNames } }: Runner, feeds: BatchFeeds, bound: readonly BoundInput[], { size, padded, samples }: ChunkSettings, start: number, end: number,
): Record<string, EngineTensor> {
  const executed = padded ? size : end - start;
  const tensors: Record<string, EngineTensor> = {};
  for (const [name, batch] of feeds) {
    const part = padBatch(batch, start, end, executed);
    if (inputNames.includes(name)) tensors[name] = new runtime.Tensor('float32', part.data, part.shape);
  }
  // Rows that fill the chunk up are repetitions, of whatever sample.
  for (const input of bound) if (inputNames.includes(input.name)) tensors[input.name] = input.feed(executed, samples?.slice(start, end));
  return tensors;
}

/** Tasks that each member has: the next one waits there while it does the one before, so that it need not wait for the program between them. */
const TASKS_EACH = 2;

/** Does tasks for all starts: several at once those that fill the team, the rest one after the other. */
async function shareOut(starts: readonly number[], team: SessionTeam | null, task: (start: number, team: SessionTeam | null) => Promise<void>): Promise<void> {
  const shared = team === null ? 0 : starts.length - (starts.length % team.size);
  let next = 0;
  const lane = async (): Promise<void> => {
    try {
      while (next < shared) await task(starts[next++]!, team);
    } catch (cause) {
      next = shared;
      throw cause;
    }
  };
  await Promise.all(Array.from({ length: TASKS_EACH * (team?.size ?? 0) }, lane));
  for (const start of starts.slice(shared)) await task(start, null);
}

/** Runs a graph over a batch in chunks and joins the answers, by name of output. @throws ABORTED between chunks; REQUEST_INVALID. */
export async function runChunks(runner: Runner, feeds: BatchFeeds, bound: readonly BoundInput[], settings: ChunkSettings): Promise<ReadonlyMap<string, Tensor>> {
  const { model, size, padded, signal } = settings;
  const { session, team: growing } = runner;
  const [first] = feeds.values();
  if (first === undefined) throw new Error('internal: nothing is fed');
  const total = batchSize(first);
  const collectors = new Map(session.outputNames.map((name) => [name, collector(name, total)]));
  const starts = Array.from({ length: Math.ceil(total / size) }, (_, chunk) => chunk * size);
  const found = starts.length > 1 ? growing?.ready() : null;
  const team = found && found.size <= settings.atOnce ? found : null;

  const execute = async (tensors: Record<string, EngineTensor>, rows: number): Promise<Tensors> => {
    const before = performance.now();
    const answers = await runSession(session, tensors, model, [rows, ...first.shape.slice(1)]);
    if (starts.length > 1) growing?.note(tensors, answers, performance.now() - before);
    return answers;
  };
  const task = async (start: number, members: SessionTeam | null): Promise<void> => {
    throwIfAborted(signal, `the evaluation of \`${model}\``);
    const end = Math.min(start + size, total);
    const executed = padded ? size : end - start;
    const tensors = feedChunk(runner, feeds, bound, settings, start, end);
    const collect = (answers: Tensors): void => {
      for (const [name, { add }] of collectors) {
        const answer = answers[name];
        if (answer !== undefined) add(answer, start, end - start, executed);
      }
    };
    // What a member cannot do the session does, or says what is wrong.
    const isDone = await members?.run(tensors, collect).then(() => true, () => false);
    if (isDone !== true) collect(await execute(tensors, executed));
  };
  const finish = starts.length > 1 ? growing?.begin(team !== null) : undefined;
  await shareOut(starts, team, task).catch((cause: unknown) => {
    finish?.(null);
    throw cause;
  });
  finish?.(starts.length);
  throwIfAborted(signal, `the evaluation of \`${model}\``);
  return new Map([...collectors].map(([name, collect]) => [name, collect.tensor()]));
}
