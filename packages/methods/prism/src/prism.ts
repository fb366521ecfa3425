import {
  convertLayout, defineMethod, explain, flagOption, isSpatial, PellucidError,
  type Layout, type MethodBatch, type MethodContext, type MethodFactory, type ModelAdapter, type OptionSpec, type SampleMethod, type SampleRequest,
} from '@pellucid/core';
import { colour, fitBasis, type BasisSettings, type PrismBasis } from './basis.ts';
import { excite, type Excitations } from './excitations.ts';
import { chooseTaps } from './taps.ts';

/** Where colours come from, and how they are shown. */
export interface PrismOptions extends BasisSettings {
  /**
   * Layers with height and width in the order of execution, or the name of the model's input: colours come from the last, the others refine
   * them. @defaultValue what the first spatial reduction reads, what each gives, and the last layer before its pixels are pooled away
   */
  readonly layers: readonly string[] | undefined;
  /** Whether colours are brought to the resolution of the first layer, times the mean activation of each on the way. @defaultValue true */
  readonly gradualExtrapolation: boolean;
  /** Whether to quantise the colours and keep those that all images have. @defaultValue false */
  readonly inclusive: boolean;
  /** Whether to quantise the colours and keep those that some images lack; with `inclusive`, all of them. @defaultValue false */
  readonly exclusive: boolean;
  /** A basis from `fitPrism`, whose colours the images get. @defaultValue fitted to the batch that is explained */
  readonly basis: PrismBasis | undefined;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null;
const areNumbers = (value: unknown, count?: number): value is readonly number[] =>
  Array.isArray(value) && (count === undefined || value.length === count) && value.every((number) => typeof number === 'number' && Number.isFinite(number));
const areNames = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.length > 0 && value.every((name) => typeof name === 'string' && name !== '');

function isBasis(value: unknown): value is PrismBasis {
  if (!isObject(value)) return false;
  const { layers, mean, components, variances, scale } = value;
  return (
    areNames(layers) && areNumbers(mean) && areNumbers(variances, 3) && isObject(scale) &&
    Array.isArray(components) && components.length === 3 && components.every((component) => areNumbers(component, mean.length))
  );
}

const layersOption: OptionSpec<readonly string[] | undefined> = {
  type: 'list of layer names',
  description: 'Layers with height and width in the order of execution, or the model\'s input; colours come from the last. By default found from the sizes.',
  default: undefined,
  accepts: (value): value is readonly string[] | undefined => value === undefined || areNames(value),
};

const basisOption: OptionSpec<PrismBasis | undefined> = {
  type: 'a basis from fitPrism',
  description: 'Whose colours the images get; by default the batch gets its own.',
  default: undefined,
  accepts: (value): value is PrismBasis | undefined => value === undefined || isBasis(value),
};

const SETTINGS = ['gradualExtrapolation', 'inclusive', 'exclusive'] as const;

/** @throws OPTION_INVALID where a basis was fitted with other options or to a layer with another number of channels. */
function checkBasis(basis: PrismBasis, options: PrismOptions, { features }: Excitations): void {
  for (const option of SETTINGS) {
    if (basis[option] === options[option]) continue;
    throw new PellucidError('OPTION_INVALID', {
      option, name: 'prism', expected: `${String(basis[option])}, with which the basis was fitted`, actual: String(options[option]),
    });
  }
  if (basis.mean.length === features.channels) return;
  throw new PellucidError('OPTION_INVALID', {
    option: 'basis', name: 'prism', expected: `a basis over ${features.channels} channels, those of the last layer`, actual: `one over ${basis.mean.length}`,
  });
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

interface Coloured {
  readonly basis: PrismBasis;
  readonly attribution: Awaited<ReturnType<SampleMethod['explain']>>;
}

async function colourBatch(model: ModelAdapter<'activations'>, batch: MethodBatch, options: PrismOptions, context: MethodContext): Promise<Coloured> {
  const taps = chooseTaps(model, options.layers ?? options.basis?.layers);
  const excitations = await excite(model, taps, batch, context);
  const names = taps.map(({ name }) => name);
  if (options.basis !== undefined) checkBasis(options.basis, options, excitations);
  const { gradualExtrapolation, inclusive, exclusive } = options;
  const basis = options.basis ?? fitBasis(excitations, names, { gradualExtrapolation, inclusive, exclusive });
  const last = names.at(-1) ?? '';
  context.note(`the three components hold ${basis.variances.map(percent).join(', ')} of the variance of \`${last}\` in the batch of the basis`);
  const layout: Layout = isSpatial(batch.layout) ? batch.layout : 'NCHW';
  return { basis, attribution: { values: convertLayout(colour(excitations, basis), 'NCHW', layout), layout, layer: names.join(', ') } };
}

/**
 * PRISM: the three principal components of the last feature map as red, green and blue. Parts of images that the network sees as alike have
 * the same colour in all images of the batch. A field of three channels between 0 and 1 in the model's layout, at the size of the first layer
 * (without gradual extrapolation: the last one). Signs of components are resolved, so that the same batch has the same colours.
 * @see {@link https://arxiv.org/abs/2101.11266 | Szandała 2021}, and for gradual extrapolation {@link https://arxiv.org/abs/2104.04945 | Szandała 2021}
 */
export const prism: MethodFactory<'activations', PrismOptions> = defineMethod({
  name: 'prism',
  title: 'PRISM',
  paper: {
    authors: 'Szandała',
    year: 2021,
    title: 'TorchPRISM: Principal Image Sections Mapping, a novel method for Convolutional Neural Network features visualization',
    url: 'https://arxiv.org/abs/2101.11266',
  },
  kind: 'batch',
  needs: ['activations'],
  options: {
    layers: layersOption,
    gradualExtrapolation: flagOption(true, 'Bring the colours to the resolution of the first layer, times the mean activation of each on the way.'),
    inclusive: flagOption(false, 'Quantise the colours and keep those that all images have.'),
    exclusive: flagOption(false, 'Quantise the colours and keep those that some images lack.'),
    basis: basisOption,
  },
  explain: async (model, batch, options, context) => (await colourBatch(model, batch, options, context)).attribution,
});

/** What a basis is fitted to, and how. */
export type FitRequest = Pick<SampleRequest, 'input' | 'signal' | 'onProgress' | 'memoryBudget'>;

/**
 * Fits a basis to a batch: `prism({ ...options, basis })` then gives any image the colours that it would have among that batch.
 * @throws what `explain` throws, and LAYER_NOT_FOUND, LAYER_AMBIGUOUS, LAYER_UNSUITABLE.
 */
export async function fitPrism(
  model: ModelAdapter<'activations'>, request: FitRequest, options: Partial<Omit<PrismOptions, 'basis'>> = {},
): Promise<PrismBasis> {
  const configured = prism(options);
  let fitted: PrismBasis | undefined;
  const method: SampleMethod<'activations'> = {
    ...configured,
    explain: async (counted, batch, context) => {
      // The options were filled in and checked when the method was configured.
      const { basis, attribution } = await colourBatch(counted, batch, configured.options as unknown as PrismOptions, context);
      fitted = basis;
      return attribution;
    },
  };
  await explain(model, method, { ...request, targets: 0 });
  if (fitted === undefined) throw new Error('internal: no basis was fitted');
  return fitted;
}
