import {
  convertLayout, sampleData, tensor, type Capability, type FreshExplanation, type Layout, type Metric, type MetricDescription, type MetricNeed,
  type MetricSubject, type ModelAdapter, type OptionSpec, type OptionSpecs, type Tensor,
} from '@pellucid/core';
import type { ContractCheck } from '../contract-check.ts';
import { analyticModel } from '../method/analytic-model.ts';
import { require, requireError } from '../method/assertions.ts';
import { convolutionalFormula, normalValues } from '../method/formulas.ts';
import { requireScores, selectSamples } from './company-checks.ts';

/** A metric's factory. */
export interface AnyMetricFactory<Options> extends MetricDescription {
  (options?: { readonly [Name in keyof Options]?: Options[Name] | undefined }): Metric;
  readonly options: OptionSpecs<Options>;
}

/** How a metric is run. */
export interface MetricContractSettings<Options> {
  /** Options to run the metric with, such as few steps. @defaultValue the metric's defaults */
  readonly options?: { readonly [Name in keyof Options]?: Options[Name] | undefined } | undefined;
  /** Relative difference allowed between a sample alone and in a batch. @defaultValue 0: the same bits */
  readonly tolerance?: number | undefined;
  /** Whether samples of random numbers may have no score (NaN), such as one whose target is not predicted. @defaultValue false */
  readonly mayBeUndefined?: boolean | undefined;
}

const [CHANNELS, HEIGHT, WIDTH, SAMPLES] = [2, 8, 6, 3];
const SHAPE = [CHANNELS, HEIGHT, WIDTH] as const;
const TARGETS = [0, 2, 1];

const images = (name: string, channels: number): Tensor =>
  tensor([SAMPLES, channels, HEIGHT, WIDTH], Array.from({ length: SAMPLES }, (_, sample) => [...normalValues(sample, name, channels * HEIGHT * WIDTH)]).flat());

/** An object in the upper left corner, another size in each sample. */
const masks = (): Tensor =>
  tensor([SAMPLES, HEIGHT, WIDTH], Array.from({ length: SAMPLES * HEIGHT * WIDTH }, (_, i) => {
    const [sample, y, x] = [Math.floor(i / (HEIGHT * WIDTH)), Math.floor(i / WIDTH) % HEIGHT, i % WIDTH];
    return y < 2 + sample && x < 3 ? 1 : 0;
  }));

/** A method that asks nothing but the logits, so that it explains any model: the input times the target's logit. */
const explainWith = (model: ModelAdapter<never>): FreshExplanation => async ({ input, targets, model: explained = model, signal, memoryBudget }) => {
  const { logits } = await explained.evaluate({ input }, { signal, memoryBudget });
  const values = tensor(input.shape, input.data.slice());
  targets.forEach((target, sample) => {
    const map = sampleData(values, sample);
    map.forEach((value, i) => (map[i] = value * sampleData(logits, sample)[target]!));
  });
  return { values, layout: explained.input.layout };
};

/** A network that learnt one number per layer, from which its weights are drawn. */
function learntModel(layout: 'NCHW' | 'NHWC', capabilities: readonly Capability[], learnt: ReadonlyMap<string, Tensor>): ModelAdapter {
  const seed = [...learnt.values()].reduce((sum, { data }) => sum + Math.round(Math.abs(data[0]! + 2 * data[1]!) * 1000), 0);
  const network = convolutionalFormula({ shape: SHAPE, kernels: 3, classes: 3, stride: 2, seed });
  return {
    ...analyticModel(network, { capabilities, layout }),
    parameters: {
      read: () => Promise.resolve([...learnt].map(([name, value]) => ({ layer: name, tensors: new Map([[name, value]]) }))),
      replace: (tensors) => Promise.resolve(learntModel(layout, capabilities, new Map([...learnt, ...tensors]))),
    },
  };
}

/** A fresh subject: maps of random numbers on a small network, in either layout, with all that a metric may need. */
function subjectOf(needs: readonly MetricNeed[], layout: Layout = 'NCHW'): MetricSubject {
  const learnt = new Map([['conv', tensor([2], [0.003, 0.001])], ['dense', tensor([2], [0, 0.001])]]);
  const capabilities: readonly Capability[] = needs.includes('activations') ? ['activations'] : [];
  const [first, last] = [learntModel('NCHW', capabilities, learnt), learntModel('NHWC', capabilities, learnt)];
  const [model, twin] = layout === 'NHWC' ? [last, first] : [first, last];
  return {
    model,
    explain: explainWith(model),
    references: { values: images('map', CHANNELS), layout: 'NCHW', predictions: [0, 1, 2] },
    twin,
    input: convertLayout(images('image', CHANNELS), 'NCHW', layout),
    targets: TARGETS,
    values: convertLayout(images('map', CHANNELS), 'NCHW', layout),
    layout,
    masks: masks(),
  };
}

const only = (subject: MetricSubject, sample: number): MetricSubject => selectSamples(subject, [sample]);

function checkDescription(factory: AnyMetricFactory<object>): void {
  const { name, title, paper, direction, category, equation = '-', cost = '-', limits = '-', noScore = '-', range: [least, greatest] = [0, 1] } = factory;
  require(/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name), `the name is in kebab case, got \`${name}\``);
  require([title, paper.authors, paper.title, category].every((text) => text.trim() !== ''), 'title, category, authors and title of the paper are there');
  require(/^https:\/\/\S+$/.test(paper.url), `the paper has an https address, got \`${paper.url}\``);
  require([equation, cost, limits, noScore].every((text) => text.trim() !== ''), 'what the card says of equation, cost, limits and samples without a score is not empty');
  require(least < greatest, `the least score is below the greatest, got ${least} and ${greatest}`);
  require(direction === 'higher' || direction === 'lower', 'the direction says which way is better');
  for (const [option, spec] of Object.entries<OptionSpec<unknown>>({ ...factory.options })) {
    require(spec.type.trim() !== '' && spec.description.trim() !== '', `option \`${option}\` says its type and what it does`);
    require(spec.accepts(spec.default), `option \`${option}\` accepts its own default`);
  }
}

/** A curve per sample at positions that all share, of the same passes as the scores, by itself as in a batch. */
async function checkCurves(metric: Metric, needs: readonly MetricNeed[], tolerance: number): Promise<void> {
  const { curve } = metric.description;
  require((curve === undefined) === (metric.curves === undefined), 'a metric has `curves` where its description names the axes of a `curve`');
  if (curve === undefined || metric.curves === undefined) return;
  require([curve.horizontal, curve.vertical].every((text) => text.trim() !== ''), 'the axes of the curve are named');
  const context = { seed: 3 };
  const { scores, at, curves } = await metric.curves(subjectOf(needs), context);
  requireScores(scores, await metric.score(subjectOf(needs), context), 0, 'the scores that come with the curves');
  require(at.length > 1 && at.every((position, i) => position >= 0 && position <= 1 && (i === 0 || position >= at[i - 1]!)), `positions never fall and lie within 0 to 1, got ${at.join(', ')}`);
  require(curves.length === SAMPLES && curves.every(({ length }) => length === at.length), `${SAMPLES} curves of ${at.length} values, got ${curves.map(({ length }) => length).join(', ')}`);
  curves.forEach((values, sample) => { require(values.every((value) => Number.isNaN(scores[sample]) === Number.isNaN(value)), `curve ${sample} has values where it has a score`); });
  for (let sample = 0; sample < SAMPLES; sample++) {
    const alone = await metric.curves(only(subjectOf(needs), sample), context);
    requireScores(Float64Array.from(alone.at), Float64Array.from(at), 0, `positions of sample ${sample} alone`);
    requireScores(alone.curves[0]!, curves[sample]!, tolerance, `the curve of sample ${sample} alone`);
  }
}

/** What every metric promises, as named checks to run in any test framework. The network is a formula of three classes. */
export function metricContract<Options extends object>(factory: AnyMetricFactory<Options>, settings: MetricContractSettings<Options> = {}): ContractCheck[] {
  const { options, tolerance = 0, mayBeUndefined = false } = settings;
  const { needs = [] } = factory;
  const make = (): Metric => factory(options);
  const score = (subject: MetricSubject, seed = 3): Promise<Float64Array> => make().score(subject, { seed });
  const call = factory as unknown as (options: object) => unknown;
  return [
    { name: 'is described completely', run: () => Promise.resolve().then(() => { checkDescription(factory); }) },
    { name: 'refuses options that it does not have', run: () => requireError(() => call({ 'no-such-option': 1 }), 'OPTION_UNKNOWN', 'an unknown option') },
    {
      name: 'gives one finite score per sample',
      run: async () => {
        const scores = await score(subjectOf(needs));
        require(scores.length === SAMPLES && scores.every((value) => Number.isFinite(value) || (mayBeUndefined && Number.isNaN(value))), `${SAMPLES} finite scores, got ${scores.join(', ')}`);
      },
    },
    {
      name: 'keeps within its range, and says which samples have no score',
      run: async () => {
        const { range: [least, greatest] = [-Infinity, Infinity], noScore } = factory;
        // The last bits of sums may lie outside.
        const slack = 1e-9 * Math.max(1, ...[least, greatest].filter(Number.isFinite).map(Math.abs));
        const within = (value: number): boolean => (Number.isNaN(value) ? noScore !== undefined : value >= least - slack && value <= greatest + slack);
        for (const seed of [3, 4]) {
          const scores = await score(subjectOf(needs), seed);
          require(scores.every(within), `scores within ${least} to ${greatest}, NaN only where the description has \`noScore\`; got ${scores.join(', ')}`);
        }
      },
    },
    {
      name: 'gives the same bits for the same seed',
      run: async () => { requireScores(await score(subjectOf(needs)), await score(subjectOf(needs)), 0, 'a second run'); },
    },
    {
      name: 'scores a sample alone as in a batch',
      run: async () => {
        const together = await score(subjectOf(needs));
        for (let sample = 0; sample < SAMPLES; sample++) {
          requireScores(await score(only(subjectOf(needs), sample)), together.subarray(sample, sample + 1), tolerance, `sample ${sample} alone`);
        }
      },
    },
    { name: 'gives the curves that its scores sum up', run: () => checkCurves(make(), needs, tolerance) },
    {
      name: 'gives the same scores in any amount of memory',
      run: async () => {
        const { model, ...rest } = subjectOf(needs);
        requireScores(await make().score({ model, ...rest }, { seed: 3, memoryBudget: model.bytesPerSample }), await score(subjectOf(needs)), tolerance, 'memory for one sample');
      },
    },
    {
      name: 'follows the layout of the model',
      run: async () => { requireScores(await score(subjectOf(needs, 'NHWC')), await score(subjectOf(needs)), Math.max(tolerance, 1e-6), 'channels last and first'); },
    },
    {
      name: 'leaves input and maps as they were',
      run: async () => {
        const [subject, fresh] = [subjectOf(needs), subjectOf(needs)];
        await score(subject);
        const same = (a: Tensor, b: Tensor): boolean => a.data.every((value, i) => value === b.data[i]);
        require(same(subject.input, fresh.input) && same(subject.values, fresh.values), 'input and maps are left as they were');
      },
    },
    {
      name: 'stops when it is aborted',
      run: () => requireError(() => make().score(subjectOf(needs), { seed: 3, signal: AbortSignal.abort() }), 'ABORTED', 'an abort before the start'),
    },
  ];
}
