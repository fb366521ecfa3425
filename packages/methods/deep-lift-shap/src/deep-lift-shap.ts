import {
  baselineOption, batchSize, deepLiftRules, defineMethod, INPUT, makeBaseline, pairMultipliers, pairObjective, PellucidError, sampleData, sampleSize,
  selectObjective, sliceBatch, zeros,
  type Baseline, type MethodBatch, type MethodContext, type MethodFactory, type ModelAdapter, type OptionSpec, type Tensor,
} from '@pellucid/core';

/** What samples are compared with. */
export interface DeepLiftShapOptions {
  /** All of the request's references, or one fixed baseline, which is DeepLIFT. @defaultValue 'references' */
  readonly baseline: Baseline | 'references';
}

const fixed = baselineOption('zero', 'What samples are compared with: all of the references, or one fixed baseline.');
const baselineChoice: OptionSpec<Baseline | 'references'> = {
  type: `"references" | ${fixed.type}`,
  description: fixed.description,
  default: 'references',
  accepts: (value): value is Baseline | 'references' => value === 'references' || fixed.accepts(value),
};

/** The baselines of a sample, [R, ...]. */
type BaselinesOf = (sample: number) => Tensor;

function chooseBaselines(choice: DeepLiftShapOptions['baseline'], batch: MethodBatch, context: MethodContext): BaselinesOf {
  if (choice !== 'references') {
    const baseline = makeBaseline(choice, batch, context);
    return (sample) => sliceBatch(baseline, sample, sample + 1);
  }
  const { references } = context;
  if (references === undefined) {
    throw new PellucidError('REQUEST_INVALID', {
      action: 'compare samples with references for `deep-lift-shap`',
      problem: 'no references were given',
      help: 'Pass `references`, a batch of samples that stand for the data, to `explain`, or choose the option `baseline`.',
    });
  }
  return () => references;
}

/** The first row of a batch, `count` times. */
function repeated({ shape, data }: Tensor, count: number): Tensor {
  const rows = zeros([count, ...shape.slice(1)]);
  for (let row = 0; row < count; row++) sampleData(rows, row).set(data);
  return rows;
}

/** Remembers the logits of batches: references are the same for all samples. */
function logitsOnce(model: ModelAdapter<never>): (batch: Tensor) => Promise<Tensor> {
  const known = new Map<Tensor, Promise<Tensor>>();
  return (batch) => {
    const logits = known.get(batch) ?? model.evaluate({ input: batch }).then((evaluation) => evaluation.logits);
    known.set(batch, logits);
    return logits;
  };
}

/**
 * DeepSHAP: DeepLIFT with the Rescale rule, averaged over all references. Estimates SHAP values against the data that these stand for. In the input's
 * shape, signed; the map sums to f(x) less the mean of f over the references, `convergenceDelta` says how far it is off.
 * @see {@link https://arxiv.org/abs/1705.07874 | Lundberg, Lee 2017}, section 4.2; for several references Chen et al. 2021
 */
export const deepLiftShap: MethodFactory<'gradient' | 'backward-rules', DeepLiftShapOptions> = defineMethod({
  name: 'deep-lift-shap',
  title: 'DeepLIFT SHAP (DeepSHAP)',
  paper: {
    authors: 'Lundberg, Lee',
    year: 2017,
    title: 'A Unified Approach to Interpreting Model Predictions',
    url: 'https://arxiv.org/abs/1705.07874',
  },
  kind: 'local',
  needs: ['gradient', 'backward-rules'],
  options: { baseline: baselineChoice },
  backwardRules: () => deepLiftRules,
  async explain(model, batch, { baseline }, context) {
    const { input } = batch;
    const samples = batchSize(input);
    const baselinesOf = chooseBaselines(baseline, batch, context);
    const logitsOf = logitsOnce(model);
    const values = zeros(input.shape);
    const convergenceDelta: number[] = [];
    // Samples in a piece of work, so that its repetitions stay as small as the chunks of the model.
    const step = Math.max(1, Math.floor(context.chunkSize / 2));

    for (let sample = 0; sample < samples; sample++) {
      const alone = sliceBatch(input, sample, sample + 1);
      const all = baselinesOf(sample);
      const count = batchSize(all);
      const map = new Float64Array(sampleSize(input));
      let off = 0;
      for (let first = 0; first < count; first += step) {
        const part = sliceBatch(all, first, Math.min(first + step, count));
        const pairs = batchSize(part);
        const objective = await pairObjective(
          selectObjective(batch.objective, new Array<number>(pairs).fill(sample)),
          async () => repeated(await logitsOf(alone), pairs),
          async () => sliceBatch(await logitsOf(all), first, first + pairs),
        );
        await pairMultipliers(model, { input: repeated(alone, pairs), baseline: part, objective, at: INPUT }, context, 'deep-lift-shap', (_, { contributions, scoreChange }) => {
          off -= scoreChange / count;
          for (let i = 0; i < map.length; i++) map[i]! += contributions[i]! / count;
        });
        context.progress(sample * count + first + pairs, samples * count);
      }
      sampleData(values, sample).set(map);
      convergenceDelta.push(map.reduce((a, b) => a + b, off));
    }
    return { values, convergenceDelta };
  },
});
