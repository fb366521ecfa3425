import { batchSize, sampleSize, sizeOf, sliceBatch, throwIfAborted, zeros, type Tensor } from '@pellucid/core';
import type { InferenceSession, Tensor as EngineTensor } from 'onnxruntime-common';
import type { OnnxRuntime } from '../engine/onnxruntime-module.ts';
import { runSession } from '../engine/run-session.ts';
import type { BoundInput } from '../model/bound-inputs.ts';

/** What is fed along the batch axis: each chunk takes its samples of every tensor. */
export type BatchFeeds = ReadonlyMap<string, Tensor>;

/** How a batch is cut. */
export interface ChunkSettings {
  readonly model: string;
  /** Samples per execution. */
  readonly size: number;
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
  readonly add: (part: EngineTensor, start: number, count: number, executed: number) => void;
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

/** Runs a session over a batch in chunks and joins the answers, by name of output. @throws ABORTED between chunks; REQUEST_INVALID. */
export async function runChunks(
  engine: OnnxRuntime, session: InferenceSession, feeds: BatchFeeds, bound: readonly BoundInput[], settings: ChunkSettings,
): Promise<ReadonlyMap<string, Tensor>> {
  const { size, padded, signal } = settings;
  const [first] = feeds.values();
  if (first === undefined) throw new Error('internal: nothing is fed');
  const total = batchSize(first);
  const collectors = new Map(session.outputNames.map((name) => [name, collector(name, total)]));
  const inputs = new Set(session.inputNames);

  for (let start = 0; start < total; start += size) {
    throwIfAborted(signal, `the evaluation of \`${settings.model}\``);
    const end = Math.min(start + size, total);
    const executed = padded ? size : end - start;
    // Rows that fill the chunk up are repetitions, of whatever sample.
    const rows = settings.samples?.slice(start, end);
    const tensors: Record<string, EngineTensor> = {};
    for (const [name, batch] of feeds) {
      const part = padBatch(batch, start, end, executed);
      if (inputs.has(name)) tensors[name] = new engine.Tensor('float32', part.data, part.shape);
    }
    for (const input of bound) if (inputs.has(input.name)) tensors[input.name] = input.feed(executed, rows);
    const answers = await runSession(session, tensors, settings.model, [executed, ...first.shape.slice(1)]);
    for (const [name, collect] of collectors) {
      const answer = answers[name];
      if (answer !== undefined) collect.add(answer, start, end - start, executed);
    }
  }
  throwIfAborted(signal, `the evaluation of \`${settings.model}\``);
  return new Map([...collectors].map(([name, collect]) => [name, collect.tensor()]));
}
