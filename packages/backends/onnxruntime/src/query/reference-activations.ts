import { batchSize, concatBatches, sampleData, sliceBatch, type Tensor } from '@pellucid/core';
import type { InferenceSession, Tensor as EngineTensor } from 'onnxruntime-common';
import type { Engine } from '../engine/open-engine.ts';
import { runSession } from '../engine/run-session.ts';
import type { SplitPairs } from '../graph/reference-activations.ts';
import { evenPieces } from './chunk-size.ts';
import { runChunks, type BatchFeeds, type ChunkSettings } from './run-chunks.ts';

/** The names that a split derivative shares with the whole one. */
export interface PairNames {
  readonly model: string;
  readonly input: string;
  readonly cotangent: string;
  readonly gradients: readonly string[];
}

/** Answers questions about pairs with the values of their baseline kept. */
export interface ReferenceActivations {
  /**
   * The answers for samples and then baselines, where these are all the same and have been so for many samples, in this question and those before; `null` for others,
   * for which two more sessions would not pay.
   */
  readonly run: (feeds: BatchFeeds, settings: ChunkSettings) => Promise<ReadonlyMap<string, Tensor> | null>;
  readonly release: () => Promise<void>;
}

/** A baseline with what the network makes of it. */
interface Known {
  readonly baseline: Float32Array;
  readonly values: Promise<Readonly<Record<string, EngineTensor>>>;
}

interface Sessions {
  readonly split: SplitPairs;
  readonly reference: InferenceSession;
  readonly samples: InferenceSession;
}

/** So many pairs with one baseline in a row are followed by more: two more sessions take as long as 8 explanations of MobileNetV2, and save a fourth of each. */
const MANY = 16;

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array => new Uint8Array(buffer, byteOffset, byteLength);

/** Whether the values are the same to the bit. */
function isSame(a: Float32Array, b: Float32Array): boolean {
  if (a.length !== b.length) return false;
  const [left, right] = [bytesOf(a), bytesOf(b)];
  if (typeof Buffer !== 'undefined') return Buffer.compare(left, right) === 0;
  return left.every((byte, i) => byte === right[i]);
}

/** The baseline that all samples of the first half have in the second; `null` where they differ. */
function sharedBaseline(input: Tensor): Float32Array | null {
  const pairs = batchSize(input) / 2;
  const first = sampleData(input, pairs);
  for (let pair = 1; pair < pairs; pair++) if (!isSame(first, sampleData(input, pairs + pair))) return null;
  return first;
}

/** Rows of samples and, behind them, one row again and again. */
function withRepeated(rows: Tensor, { dims, data }: EngineTensor, count: number): Tensor {
  const one: Tensor = { shape: dims, data: data as Float32Array };
  return concatBatches([rows, ...Array.from({ length: count }, () => one)]);
}

/**
 * Keeps the values of one baseline for a derivative. Both its parts are compiled when they first pay.
 * @param make - splits the derivative; null where that cannot be
 */
export function referenceActivations(engine: Engine, names: PairNames, make: () => SplitPairs | null): ReferenceActivations {
  let opened: Promise<Sessions | null> | null = null;
  let last: { readonly baseline: Float32Array; readonly pairs: number } | null = null;
  let known: Known | null = null;

  const open = async (): Promise<Sessions | null> => {
    const split = make();
    if (split === null) return null;
    const reference = await engine.compile(split.reference);
    try {
      return { split, reference, samples: await engine.compile(split.samples) };
    } catch (cause) {
      await reference.release();
      throw cause;
    }
  };

  const valuesOf = ({ reference }: Sessions, baseline: Float32Array, shape: readonly number[]): Promise<Readonly<Record<string, EngineTensor>>> => {
    if (known !== null && isSame(known.baseline, baseline)) return known.values;
    const copy = baseline.slice();
    const tensor = new engine.runtime.Tensor('float32', copy, shape);
    const values = runSession(reference, { [names.input]: tensor }, names.model, shape).then((answers) => ({ ...answers, [names.input]: tensor }));
    const entry: Known = { baseline: copy, values };
    known = entry;
    values.catch(() => {
      if (known === entry) known = null;
    });
    return values;
  };

  return {
    async run(feeds, settings) {
      const input = feeds.get(names.input);
      const cotangent = feeds.get(names.cotangent);
      const baseline = input ? sharedBaseline(input) : null;
      if (input === undefined || cotangent === undefined || baseline === null) return null;
      const pairs = batchSize(input) / 2;
      const seen = (last !== null && isSame(last.baseline, baseline) ? last.pairs : 0) + pairs;
      last = { baseline: last !== null && seen > pairs ? last.baseline : baseline.slice(), pairs: seen };
      if (seen < (opened === null ? MANY : 2)) return null;
      // What cannot be parted, or is refused in parts, is answered whole.
      const sessions = await (opened ??= open().catch(() => null));
      if (sessions === null) return null;
      const values = await valuesOf(sessions, baseline, [1, ...input.shape.slice(1)]);
      const { split: { fed, otherCotangent }, samples: session } = sessions;
      const answers = await runChunks({ runtime: engine.runtime, session, team: null }, new Map([
        [names.input, sliceBatch(input, 0, pairs)],
        [names.cotangent, sliceBatch(cotangent, 0, pairs)],
        [otherCotangent, sliceBatch(cotangent, pairs, 2 * pairs)],
      ]), [...fed].map(([tensor, name]) => ({ name, samples: null, feed: () => values[tensor]! })), { ...settings, size: evenPieces(pairs, settings.size) });
      return new Map([...answers].map(([name, rows]) => [
        name, names.gradients.includes(name) ? concatBatches([rows, rows]) : withRepeated(rows, values[name]!, pairs),
      ]));
    },
    async release() {
      const sessions = await opened;
      known = null;
      await sessions?.reference.release();
      await sessions?.samples.release();
    },
  };
}
