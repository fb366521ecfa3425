import {
  convertLayout, explain, imageGeometry, isPellucidError, isSpatial, PellucidError, resample, type Capability, type FreshExplanation, type Layout, type Method,
  type ModelAdapter, type Provenance, type Tensor,
} from '@pellucid/core';
import type { MethodChoice } from '../configuration/configuration.ts';
import { loadMethodFactory } from '../plugins/load-methods.ts';
import { controlMaps } from './controls.ts';

/** Maps of the size of the images. */
export interface MadeMaps {
  readonly values: Tensor;
  readonly layout: Layout;
  /** Null for controls, which no model made. */
  readonly provenance: Provenance | null;
}

/** How one method, or a control in its place, explains. */
export interface Explainer {
  /** A map for each sample. @throws what the method throws. */
  readonly explainSamples: (input: Tensor, targets: readonly number[]) => Promise<MadeMaps>;
  /** Maps of other samples and models, or why a sample's map cannot be made by itself. */
  readonly fresh: FreshExplanation | { readonly reason: string };
  /** Null for controls. */
  readonly method: Method | null;
}

/** The layout of images. @throws SHAPE_MISMATCH for a model whose input is none. */
export function imageLayout(layout: Layout): 'NCHW' | 'NHWC' {
  if (layout === 'NCHW' || layout === 'NHWC') return layout;
  throw new PellucidError('SHAPE_MISMATCH', {
    what: 'images', expected: 'a batch of images, NCHW or NHWC', actual: layout, help: 'The benchmark explains images.',
  });
}

/** Maps of layers are brought to the size of the image, bilinearly: metrics compare pixel by pixel. */
function toInputSize(values: Tensor, layout: Layout, model: ModelAdapter, input: Tensor, method: string, layer: string | undefined): Tensor {
  if (!isSpatial(layout)) {
    throw new PellucidError('LAYER_UNSUITABLE', {
      layer: layer ?? 'of the map', model: model.name, method, problem: 'its values have no height and width', help: 'Name a layer of images.',
    });
  }
  const [map, image] = [imageGeometry(values.shape, layout), imageGeometry(input.shape, model.input.layout)];
  if (map.height === image.height && map.width === image.width) return values;
  return resample(values, layout, image.height, image.width, 'bilinear');
}

function controlExplainer(name: string, model: ModelAdapter, seed: number): Explainer {
  const make = (input: Tensor, of: Pick<ModelAdapter<Capability>, 'input'>): MadeMaps => {
    const layout = imageLayout(of.input.layout);
    return { values: controlMaps(name, input, layout, seed), layout, provenance: null };
  };
  return {
    explainSamples: (input) => Promise.resolve(make(input, model)),
    fresh: ({ input, model: other }) => Promise.resolve(make(input, (other as unknown as ModelAdapter | undefined) ?? model)),
    method: null,
  };
}

/** Readies a method for a model. @param references - training images, in the layout of the model, that stand for the data */
export async function makeExplainer(choice: MethodChoice, model: ModelAdapter, references: Tensor, seed: number): Promise<Explainer> {
  if (choice.control) return controlExplainer(choice.method, model, seed);
  const factory = await loadMethodFactory(choice);
  const method = factory(choice.options);
  const make = async (explained: ModelAdapter, input: Tensor, settings: { readonly targets: readonly number[]; readonly signal?: AbortSignal | undefined; readonly memoryBudget?: number | undefined }): Promise<MadeMaps> => {
    const standing = convertLayout(references, model.input.layout, explained.input.layout);
    const { values, provenance } = await explain(explained, method, { ...settings, input, seed, references: standing });
    const { layout, layer } = provenance;
    return { values: toInputSize(values, layout, explained, input, choice.name, layer), layout, provenance };
  };
  return {
    explainSamples: (input, targets) => make(model, input, { targets }),
    fresh: factory.kind === 'batch'
      ? { reason: `a map of \`${choice.method}\` depends on the whole batch, so that maps of other batches are no measure of it` }
      // `explain` compares what the method needs with what the other model offers.
      : ({ model: other, input, ...settings }) => make((other as unknown as ModelAdapter | undefined) ?? model, input, settings),
    method,
  };
}

/** Why a method does not apply to a model, where an error says so; null for errors that are failures. */
export function reasonNotApplicable(error: unknown, { options }: Pick<MethodChoice, 'options'>): string | null {
  if (!isPellucidError(error)) return null;
  if (error.code === 'CAPABILITY_MISSING') return error.message;
  // A layer that was named and does not fit is a mistake; that a network has no layer of the kind is a fact.
  const named = options['layer'] !== undefined || options['layers'] !== undefined;
  return error.code === 'LAYER_UNSUITABLE' && !named ? error.message : null;
}
