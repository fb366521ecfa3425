import {
  batchSize, choiceOption, defineWrapper, fillByChannel, integerOption, joinEstimates, mapValues, numberOption, optional, placesByTurns, sampleData, selectObjective, summariseDraws,
  wrappedContext,
  type Layout, type OptionSpec, type Tensor, type WrapperFactory,
} from '@pellucid/core';

/** What is made of the maps of noisy copies. */
export type NoiseTunnelType = 'smoothgrad' | 'smoothgrad-squared' | 'vargrad';

/** How much noise, how often, and what the maps become. */
export interface NoiseTunnelOptions {
  /** Mean of the maps, mean of their squares, or their variance. @defaultValue 'smoothgrad' */
  readonly type: NoiseTunnelType;
  /** Noisy copies of each sample. @defaultValue 20 */
  readonly samples: number;
  /** Standard deviation of the noise, in units of the input; in the place of `sigmaRelative`. @defaultValue none */
  readonly sigma: number | undefined;
  /** Standard deviation of the noise as a share of the sample's range (greatest less least value). @defaultValue 0.15 */
  readonly sigmaRelative: number;
}

const sigmaOption: OptionSpec<number | undefined> = {
  ...optional(numberOption(0, 0, Number.MAX_VALUE, 'Standard deviation of the noise in units of the input, in the place of `sigmaRelative`.')),
  type: 'number >= 0',
};

/** Standard deviation of the noise for one sample. */
function noiseLevel(values: Float32Array, { sigma, sigmaRelative }: NoiseTunnelOptions): number {
  if (sigma !== undefined) return sigma;
  let least = Infinity;
  let greatest = -Infinity;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value < least) least = value;
    if (value > greatest) greatest = value;
  }
  return sigmaRelative * (greatest - least);
}

/**
 * A method's maps of noisy copies of the input, summarised: SmoothGrad (their mean), SmoothGrad squared (the mean of their squares) or
 * VarGrad (their variance). In the shape of the wrapped method's maps.
 * @see {@link https://arxiv.org/abs/1706.03825 | Smilkov et al. 2017}, section 3; {@link https://arxiv.org/abs/1810.03292 | Adebayo et al. 2018}
 */
export const noiseTunnel: WrapperFactory<NoiseTunnelOptions> = defineWrapper({
  name: 'noise-tunnel',
  title: 'Noise tunnel (SmoothGrad, SmoothGrad squared, VarGrad)',
  paper: {
    authors: 'Smilkov, Thorat, Kim, Viégas, Wattenberg',
    year: 2017,
    title: 'SmoothGrad: removing noise by adding noise',
    url: 'https://arxiv.org/abs/1706.03825',
  },
  kind: 'local',
  options: {
    type: choiceOption(['smoothgrad', 'smoothgrad-squared', 'vargrad'], 'smoothgrad', 'The mean of the maps, the mean of their squares, or their variance.'),
    samples: integerOption(20, 1, 'Noisy copies of each sample.'),
    sigma: sigmaOption,
    sigmaRelative: numberOption(0.15, 0, 10, 'Standard deviation of the noise as a share of the range of the sample.'),
  },
  async explain(model, wrapped, batch, options, context) {
    const { input, layout: inputLayout, objective, targets } = batch;
    const samples = batchSize(input);
    let [layout, layer]: [Layout, string | undefined] = [inputLayout, undefined];

    const estimates = [];
    for (let sample = 0; sample < samples; sample++) {
      const values = sampleData(input, sample);
      const sigma = noiseLevel(values, options);
      const noise = new Float64Array(values.length);
      const place = placesByTurns(values.length);
      const draw = async (first: number, count: number): Promise<Tensor> => {
        const noisy = { shape: [count, ...input.shape.slice(1)], data: place(count) };
        const draws = Array.from({ length: count }, (_, i) => ({ sample, draw: `noise ${first + i}` }));
        draws.forEach(({ draw: name }, i) => {
          context.random(sample, name).fillNormal(noise);
          fillByChannel(sampleData(noisy, i), input.shape, inputLayout, (position, index) => values[position]! + sigma * noise[index]!);
        });
        const repeated = draws.map(() => sample);
        const copies = { input: noisy, layout: inputLayout, targets: repeated.map((place) => targets[place]!), objective: selectObjective(objective, repeated) };
        const maps = await wrapped.explain(model, copies, wrappedContext(context, wrapped, draws));
        layout = maps.layout ?? inputLayout;
        layer = maps.layer;
        return options.type === 'smoothgrad-squared' ? mapValues(maps.values, (value) => value * value) : maps.values;
      };
      const statistic = options.type === 'vargrad' ? 'variance' : 'mean';
      estimates.push(await summariseDraws(context, { sample, samples, draws: options.samples, statistic, draw }));
    }
    return {
      ...joinEstimates(estimates),
      layout,
      layer,
    };
  },
});
