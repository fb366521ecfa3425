import { PellucidError, throwIfAborted } from '../errors/pellucid-error.ts';
import type { ModelAdapter } from '../model/model-adapter.ts';
import { argmax, type TargetObjective } from '../model/objective.ts';
import type { Capability } from '../model/query.ts';
import { validateObjective } from '../model/validate-objective.ts';
import { hashValues, randomStream } from '../random/stream.ts';
import { batchSize, concatBatches, sampleData, sliceBatch } from '../tensor/batch.ts';
import { orderByChannel } from '../tensor/channel-order.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { validateBatch } from '../tensor/validate.ts';
import { countPasses } from './count-passes.ts';
import { isExactEnough, type Estimate } from './estimate.ts';
import type { Explanation } from './explanation.ts';
import { checkScores, noteNotFinite } from './finite-results.ts';
import type { Attribution, GlobalMethod, Method, MethodContext, SampleMethod } from './method.ts';
import { ofSample, sampleBySample } from './sample-by-sample.ts';

/** What every request may say. */
export interface ExplainSettings {
  /** A whole number from 0; the same seed gives the same bits on the same engine. @defaultValue 0 */
  readonly seed?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called as the work advances: `done`, which may be a fraction of a sample's work, only grows, and is `total` at the end. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  /** Called by methods that sample with what they know so far. */
  readonly onEstimate?: ((estimate: Estimate) => void) | undefined;
  /**
   * A method that samples stops early with a sample whose largest standard error is at most this share of its largest absolute value.
   * @defaultValue all draws are made
   */
  readonly standardError?: number | undefined;
  /** Bytes for the intermediate values of one execution. @defaultValue 512 MiB */
  readonly memoryBudget?: number | undefined;
  /** Samples that stand for the data, for baselines and reference distributions. */
  readonly references?: Tensor | undefined;
}

/** Samples to explain, one map each. */
export interface SampleRequest extends ExplainSettings {
  /** A batch in the model's own shape and layout. */
  readonly input: Tensor;
  /** A class per sample, or one for all. @defaultValue the predicted class of each */
  readonly targets?: number | readonly number[] | undefined;
  /** The scalar that is explained. @defaultValue 'logit' */
  readonly objective?: TargetObjective | undefined;
}

/** Batches to explain together, one map for all; for global methods. */
export interface StreamRequest extends ExplainSettings {
  readonly batches: AsyncIterable<Tensor> | Iterable<Tensor>;
}

const DEFAULT_MEMORY_BUDGET = 512 * 2 ** 20;
/** Batches larger than 64 gain nothing on any engine that was measured, and hold more memory. */
const MOST_DOUBLINGS = 6;

/** Binds the settings of a request to every evaluation. */
function bindSettings(model: ModelAdapter, { signal, memoryBudget }: ExplainSettings): ModelAdapter {
  return {
    ...model,
    evaluate: (query, options) => {
      throwIfAborted(signal, `the explanation of \`${model.name}\``);
      return model.evaluate(query, { signal, memoryBudget, ...options });
    },
  };
}

function checkCapabilities(model: ModelAdapter, method: Method): void {
  const missing = method.description.needs.filter((need) => !model.capabilities.has(need));
  if (missing.length === 0) return;
  throw new PellucidError('CAPABILITY_MISSING', {
    method: method.description.name,
    model: model.name,
    missing: missing.join(', '),
    offered: [...model.capabilities].join(', ') || 'its output alone',
  });
}

/** Values of other inputs belong to the samples of one batch, in its order. */
function checkBoundSamples({ name, boundSamples }: ModelAdapter, { input }: SampleRequest): void {
  const samples = batchSize(input);
  if (boundSamples === undefined || boundSamples === samples) return;
  throw new PellucidError('REQUEST_INVALID', {
    action: `explain \`${name}\``,
    problem: `its other inputs have values for ${boundSamples} samples, and the batch has ${samples}`,
    help: 'Explain the batch that they belong to, or bind the values of one sample, which are repeated.',
  });
}

function checkSeed(seed: number): void {
  if (Number.isSafeInteger(seed) && seed >= 0) return;
  throw new PellucidError('OPTION_INVALID', { option: 'seed', name: 'explain', expected: 'a whole number from 0', actual: seed });
}

function checkPositive(option: string, value: number | undefined): void {
  if (value === undefined || value > 0) return;
  throw new PellucidError('OPTION_INVALID', { option, name: 'explain', expected: 'a number above 0', actual: value });
}

const OBJECTIVES: readonly string[] = ['logit', 'probability', 'log-probability', 'margin'] satisfies readonly TargetObjective[];

function checkObjective(model: ModelAdapter, kind: TargetObjective, targets: readonly number[]): void {
  if (!OBJECTIVES.includes(kind)) {
    throw new PellucidError('OPTION_INVALID', { option: 'objective', name: 'explain', expected: OBJECTIVES.join(', '), actual: kind });
  }
  validateObjective({ kind, targets }, targets.length, model);
}

/** The explained class of each sample: as given, or predicted. */
async function resolveTargets(model: ModelAdapter, { input, targets }: SampleRequest): Promise<number[]> {
  const count = batchSize(input);
  if (targets === undefined) {
    const { logits } = await model.evaluate({ input });
    checkScores(model.name, logits);
    return Array.from({ length: count }, (_, sample) => argmax(sampleData(logits, sample)));
  }
  const list = typeof targets === 'number' ? Array.from({ length: count }, () => targets) : [...targets];
  if (list.length !== count) {
    throw new PellucidError('SHAPE_MISMATCH', {
      what: 'targets',
      expected: `[${count}]`,
      actual: `[${list.length}]`,
      help: 'Give one class for all samples, or one per sample.',
    });
  }
  list.forEach((target, sample) => {
    if (Number.isInteger(target) && target >= 0 && target < model.classes) return;
    throw new PellucidError('TARGET_OUT_OF_RANGE', { target, sample, model: model.name, classes: model.classes, last: model.classes - 1 });
  });
  return list;
}

/** Tells how the work advances, and that it is done where a method ends it before all that it announced. */
function reportProgress({ onProgress }: ExplainSettings): { readonly progress: MethodContext['progress']; readonly finish: () => void } {
  let [reached, announced] = [0, 0];
  const progress: MethodContext['progress'] = (done, total) => {
    [reached, announced] = [done, total];
    onProgress?.(done, total);
  };
  return { progress, finish: () => { if (reached < announced) progress(announced, announced); } };
}

function makeContext(
  model: ModelAdapter, method: Method, settings: ExplainSettings, input: Tensor, { notes, progress }: { notes: string[]; progress: MethodContext['progress'] },
): MethodContext {
  const { seed = 0, signal, references, onEstimate, standardError, memoryBudget = DEFAULT_MEMORY_BUDGET } = settings;
  if (references !== undefined) validateBatch(references, model.input, 'references');
  // The values of a sample decide its draws: neither its place in the batch nor the layout of the model does.
  const identities = new Map<number, string>();
  const identity = (sample: number): string => {
    const known = identities.get(sample) ?? hashValues(orderByChannel(sampleData(input, sample), input.shape, model.input.layout));
    identities.set(sample, known);
    return known;
  };
  return {
    random: (sample, name) => randomStream(seed, method.description.name, name, identity(sample)),
    // A power of two, which engines share out evenly.
    chunkSize: 2 ** Math.min(Math.max(Math.floor(Math.log2(memoryBudget / model.bytesPerSample)), 0), MOST_DOUBLINGS),
    references,
    signal,
    progress,
    estimate: (make) => {
      if (onEstimate === undefined && standardError === undefined) return false;
      const estimate = make();
      onEstimate?.(estimate);
      return standardError !== undefined && isExactEnough(estimate, standardError);
    },
    mayStop: standardError !== undefined,
    note: (text) => notes.push(text),
  };
}

async function explainSamples(model: ModelAdapter, method: SampleMethod, request: SampleRequest): Promise<Explanation> {
  const started = performance.now();
  const { model: counted, count } = countPasses(bindSettings(model, request));
  const { input, objective = 'logit' } = request;
  const targets = await resolveTargets(counted, request);
  checkObjective(model, objective, targets);
  const notes: string[] = [];
  const { progress, finish: finishProgress } = reportProgress(request);
  const context = makeContext(model, method, request, input, { notes, progress });
  const batch = { input, layout: model.input.layout, targets, objective: { kind: objective, targets } };
  const alone = model.boundSamples !== undefined && method.description.kind === 'local';
  const attribution = await (alone ? sampleBySample(counted, method, batch, context) : method.explain(counted, batch, context));
  finishProgress();
  return finish(model, method, request, { attribution, targets, objective, samples: batchSize(input), count, notes, started });
}

/** One map over all batches; for single samples, a map each. */
async function accumulate(model: ModelAdapter, method: GlobalMethod, request: SampleRequest | StreamRequest): Promise<Explanation> {
  const started = performance.now();
  const { model: counted, count } = countPasses(bindSettings(model, request));
  const maps: Tensor[] = [];
  let samples = 0;
  if ('batches' in request) {
    const accumulation = method.begin();
    for await (const batch of request.batches) {
      throwIfAborted(request.signal, `the explanation of \`${model.name}\``);
      validateBatch(batch, model.input, 'batch');
      await accumulation.add(counted, batch);
      samples += batchSize(batch);
      request.onProgress?.(samples, samples);
    }
    maps.push(accumulation.map());
  } else {
    samples = batchSize(request.input);
    for (let sample = 0; sample < samples; sample++) {
      const accumulation = method.begin();
      await accumulation.add(model.boundSamples === undefined ? counted : ofSample(counted, sample), sliceBatch(request.input, sample, sample + 1));
      maps.push(accumulation.map());
      request.onProgress?.(sample + 1, samples);
    }
  }
  const attribution = { values: concatBatches(maps) };
  return finish(model, method, request, { attribution, targets: [], objective: 'sum-of-logits', samples, count, notes: [], started });
}

interface Result {
  readonly attribution: Attribution;
  readonly targets: readonly number[];
  readonly objective: TargetObjective | 'sum-of-logits';
  readonly samples: number;
  readonly count: ReturnType<typeof countPasses>['count'];
  readonly notes: readonly string[];
  readonly started: number;
}

function finish(model: ModelAdapter, method: Method, settings: ExplainSettings, result: Result): Explanation {
  const { attribution, count } = result;
  return {
    values: attribution.values,
    ...(attribution.standardError && { standardError: attribution.standardError }),
    provenance: {
      method: method.description.name,
      options: method.options,
      objective: result.objective,
      targets: result.targets,
      seed: settings.seed ?? 0,
      model: { name: model.name, hash: model.hash },
      backend: model.backend,
      layout: attribution.layout ?? model.input.layout,
      ...(attribution.layer !== undefined && { layer: attribution.layer }),
      ...(attribution.convergenceDelta && { convergenceDelta: attribution.convergenceDelta }),
      ...(attribution.draws && { draws: attribution.draws }),
      passes: { forward: count.forward, backward: count.backward },
      samples: result.samples,
      wallTimeMs: performance.now() - result.started,
      uncovered: [...count.uncovered],
      notes: [...result.notes, ...noteNotFinite(attribution.values)],
    },
  };
}

/**
 * Explains what a model sees: runs a configured method on samples (a map each) or, for global methods, over a stream of batches (one
 * map). Everything is checked once, here: shapes, finiteness, targets, what the method needs.
 * @throws CAPABILITY_MISSING, SHAPE_MISMATCH, INPUT_NOT_FINITE, TARGET_OUT_OF_RANGE, OPTION_INVALID, REQUEST_INVALID, ABORTED.
 */
export async function explain<Needs extends Capability>(
  model: ModelAdapter<NoInfer<Needs>>,
  method: Method<Needs>,
  request: SampleRequest | StreamRequest,
): Promise<Explanation> {
  checkSeed(request.seed ?? 0);
  checkPositive('standardError', request.standardError);
  checkPositive('memoryBudget', request.memoryBudget);
  throwIfAborted(request.signal, `the explanation of \`${model.name}\``);
  // `needs` is compared with `capabilities` next, which is what the type parameter stands for.
  const able = model as unknown as ModelAdapter;
  const configured = method as unknown as Method;
  checkCapabilities(able, configured);
  if ('input' in request) {
    validateBatch(request.input, model.input, 'input');
    checkBoundSamples(able, request);
  }
  if ('begin' in configured) return accumulate(able, configured, request);
  if ('batches' in request) {
    throw new PellucidError('REQUEST_INVALID', {
      action: `run \`${method.description.name}\` over a stream of batches`,
      problem: 'it makes a map per sample',
      help: 'Pass `input`, or use a global method.',
    });
  }
  return explainSamples(able, configured, request);
}
