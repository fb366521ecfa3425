import {
  batchSize, sampleData, sampleSize, score, throwIfAborted, type MetricContext, type MetricSubject, type ModelAdapter, type Objective, type Tensor,
} from '@pellucid/core';

/** Larger batches gain nothing on any engine that was measured, and hold more memory. */
const LARGEST_CHUNK = 64;
const DEFAULT_MEMORY_BUDGET = 512 * 2 ** 20;

/** Changes an image, which holds the sample as it is, into one of its variants. */
export type WriteVariant = (sample: number, variant: number, image: Float32Array) => void;

/** A piece of the variants of a batch, sample after sample. */
interface Piece {
  readonly input: Tensor;
  readonly rows: readonly { readonly sample: number; readonly variant: number }[];
}

/** Makes the variants of every sample in pieces that fit the memory budget; samples may have unequal numbers of them. */
function* pieces(subject: Pick<MetricSubject, 'model' | 'input'>, counts: readonly number[], write: WriteVariant, context: MetricContext): Generator<Piece> {
  const { model, input } = subject;
  const { signal, memoryBudget = DEFAULT_MEMORY_BUDGET } = context;
  const chunk = Math.min(Math.max(Math.floor(memoryBudget / Math.max(model.bytesPerSample, 1)), 1), LARGEST_CHUNK);
  const all = counts.flatMap((count, sample) => Array.from({ length: count }, (_, variant) => ({ sample, variant })));
  const size = sampleSize(input);
  for (let start = 0; start < all.length; start += chunk) {
    throwIfAborted(signal, `the scores of \`${model.name}\``);
    const rows = all.slice(start, start + chunk);
    const data = new Float32Array(rows.length * size);
    rows.forEach(({ sample, variant }, i) => {
      const image = data.subarray(i * size, (i + 1) * size);
      image.set(sampleData(input, sample));
      write(sample, variant, image);
    });
    yield { input: { shape: [rows.length, ...input.shape.slice(1)], data }, rows };
  }
}

/** The logits of every variant: for each sample, in the order of its variants. */
export async function evaluateVariants(
  subject: Pick<MetricSubject, 'model' | 'input'>, counts: readonly number[], write: WriteVariant, context: MetricContext,
): Promise<Float32Array[][]> {
  const answers = counts.map((count) => new Array<Float32Array>(count));
  for (const { input, rows } of pieces(subject, counts, write, context)) {
    const { logits } = await subject.model.evaluate({ input }, { signal: context.signal, memoryBudget: context.memoryBudget ?? DEFAULT_MEMORY_BUDGET });
    rows.forEach(({ sample, variant }, i) => {
      answers[sample]![variant] = sampleData(logits, i).slice();
    });
  }
  return answers;
}

/** What a metric calls the score of the target. */
export type ScoredObjective = 'logit' | 'probability';

/** The score of the target for logits of one sample. */
export function scoreOf(kind: ScoredObjective, target: number, logits: Float32Array): number {
  const objective: Objective = { kind, targets: [target] };
  return score(objective, { shape: [1, logits.length], data: logits })[0]!;
}

/** The score of the target for every variant: for each sample, in the order of its variants. */
export async function scoreVariants(
  subject: Pick<MetricSubject, 'model' | 'input' | 'targets'>, counts: readonly number[], write: WriteVariant, objective: ScoredObjective, context: MetricContext,
): Promise<Float64Array[]> {
  const answers = await evaluateVariants(subject, counts, write, context);
  return answers.map((logits, sample) => Float64Array.from(logits, (row) => scoreOf(objective, subject.targets[sample]!, row)));
}

/** As many variants for every sample. */
export function sameForAll({ input }: Pick<MetricSubject, 'input'>, count: number): number[] {
  return new Array<number>(batchSize(input)).fill(count);
}

/** Maps of every variant, as the method lays them out: for each sample, in the order of its variants. `targets` as the samples' own unless given. */
export async function explainVariants(
  subject: MetricSubject & { readonly explain: NonNullable<MetricSubject['explain']> },
  counts: readonly number[],
  write: WriteVariant,
  context: MetricContext,
  { model, targets = (sample) => subject.targets[sample]! }: { readonly model?: ModelAdapter<never>; readonly targets?: (sample: number, variant: number) => number } = {},
): Promise<Float32Array[][]> {
  const answers = counts.map((count) => new Array<Float32Array>(count));
  for (const { input, rows } of pieces(subject, counts, write, context)) {
    const { values } = await subject.explain({
      input, targets: rows.map(({ sample, variant }) => targets(sample, variant)), ...(model && { model }), signal: context.signal, memoryBudget: context.memoryBudget,
    });
    rows.forEach(({ sample, variant }, i) => {
      answers[sample]![variant] = sampleData(values, i).slice();
    });
  }
  return answers;
}
