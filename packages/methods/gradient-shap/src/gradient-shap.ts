import {
  baselineOption, batchSize, defineMethod, fillByChannel, gradientAt, INPUT, integerOption, joinEstimates, makeBaseline, numberOption,
  PellucidError, sampleData, sampleSize, selectObjective, summariseDraws, zeros,
  type Baseline, type MethodBatch, type MethodContext, type MethodFactory, type OptionSpec, type RandomStream, type Tensor,
} from '@pellucid/core';

/** How many draws, from which baselines, around which point. */
export interface GradientShapOptions {
  /** Draws of a baseline, a noise and a point between for each sample. @defaultValue 50 */
  readonly samples: number;
  /** Where paths begin: a random one of the request's references for every draw, or one fixed baseline. @defaultValue 'references' */
  readonly baseline: Baseline | 'references';
  /** Standard deviation of noise that is added to the sample, in units of the input. @defaultValue 0: expected gradients */
  readonly sigma: number;
}

const fixed = baselineOption('zero', 'Where paths begin: a random reference for every draw, or one fixed baseline.');
const baselineChoice: OptionSpec<Baseline | 'references'> = {
  type: `"references" | ${fixed.type}`,
  description: fixed.description,
  default: 'references',
  accepts: (value): value is Baseline | 'references' => value === 'references' || fixed.accepts(value),
};

/** Picks the baseline of a draw. */
type PickBaseline = (sample: number, stream: RandomStream) => Float32Array;

function baselinePicker(choice: GradientShapOptions['baseline'], batch: MethodBatch, context: MethodContext): PickBaseline {
  if (choice !== 'references') {
    const baseline = makeBaseline(choice, batch, context);
    return (sample) => sampleData(baseline, sample);
  }
  const { references } = context;
  if (references === undefined) {
    throw new PellucidError('REQUEST_INVALID', {
      action: 'draw baselines for `gradient-shap`',
      problem: 'no references were given',
      help: 'Pass `references`, a batch of samples that stand for the data, to `explain`, or choose the option `baseline`.',
    });
  }
  return (_sample, { integer }) => sampleData(references, integer(batchSize(references)));
}

/**
 * GradientSHAP: the expected gradient on a random point between a random baseline and the sample, times their difference. Estimates SHAP values
 * for models that are close to linear. In the input's shape, with the standard error of every value.
 * @see {@link https://arxiv.org/abs/1906.10670 | Erion et al. 2021}, equation 4 (expected gradients); with noise, Lundberg's GradientExplainer
 */
export const gradientShap: MethodFactory<'gradient', GradientShapOptions> = defineMethod({
  name: 'gradient-shap',
  title: 'GradientSHAP (expected gradients)',
  paper: {
    authors: 'Erion, Janizek, Sturmfels, Lundberg, Lee',
    year: 2021,
    title: 'Improving performance of deep learning models with axiomatic attribution priors and expected gradients',
    url: 'https://arxiv.org/abs/1906.10670',
  },
  kind: 'local',
  needs: ['gradient'],
  options: {
    samples: integerOption(50, 1, 'Draws of a baseline, a noise and a point between for each sample.'),
    baseline: baselineChoice,
    sigma: numberOption(0, 0, 1e6, 'Standard deviation of noise that is added to the sample, in units of the input.'),
  },
  async explain(model, batch, { samples: draws, baseline: choice, sigma }, context) {
    const { input, layout, objective } = batch;
    const samples = batchSize(input);
    const pickBaseline = baselinePicker(choice, batch, context);
    const size = sampleSize(input);

    const explainSample = (sample: number): ReturnType<typeof summariseDraws> => {
      const values = sampleData(input, sample);
      const draw = async (first: number, count: number): Promise<Tensor> => {
        const [points, differences] = [zeros([count, ...input.shape.slice(1)]), new Float32Array(count * size)];
        for (let i = 0; i < count; i++) {
          const stream = context.random(sample, `draw ${first + i}`);
          const start = pickBaseline(sample, stream);
          const share = stream.uniform();
          const [point, difference] = [sampleData(points, i), differences.subarray(i * size, (i + 1) * size)];
          if (sigma === 0) difference.set(values);
          else fillByChannel(difference, input.shape, layout, (position) => values[position]! + sigma * stream.normal());
          for (let p = 0; p < size; p++) {
            difference[p]! -= start[p]!;
            point[p] = start[p]! + share * difference[p]!;
          }
        }
        const of = selectObjective(objective, new Array<number>(count).fill(sample));
        const gradients = gradientAt(await model.evaluate({ input: points, gradient: { of, at: [INPUT] } }), INPUT);
        return { shape: gradients.shape, data: gradients.data.map((slope, p) => slope * differences[p]!) };
      };
      return summariseDraws(context, { sample, samples, draws, draw });
    };

    const estimates = [];
    for (let sample = 0; sample < samples; sample++) estimates.push(await explainSample(sample));
    return joinEstimates(estimates);
  },
});
