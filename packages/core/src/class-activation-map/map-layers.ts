import { PellucidError } from '../errors/pellucid-error.ts';
import { checkLayerRows } from '../model/check-layer-rows.ts';
import { deepestSpatialLayer, findLayer, lastSpatialLayer } from '../model/find-layer.ts';
import type { LayerInfo, ModelAdapter } from '../model/model-adapter.ts';
import type { OptionSpec } from '../method/options.ts';
import { axes, imageGeometry, type ImageGeometry } from '../tensor/layout.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { findTokenGrid, imageSize, tokenGrid, type TokenGrid } from './token-grid.ts';

/** One layer name or several. */
export type LayerChoice = string | readonly string[] | undefined;

const isName = (value: unknown): boolean => typeof value === 'string' && value !== '';

/** The option that names the layer, or several that are fused. */
export function layersOption(): OptionSpec<LayerChoice> {
  return {
    type: 'layer name, or a list of them',
    description: 'A layer with height and width, or with tokens; several are fused. By default the last one before they are pooled away.',
    default: undefined,
    accepts: (value): value is LayerChoice =>
      value === undefined || isName(value) || (Array.isArray(value) && value.length > 0 && value.every(isName)),
  };
}

/** A layer whose values lie on the image, and how: where it has tokens, by their grid. */
export interface MapLayer {
  readonly info: LayerInfo;
  readonly tokens: TokenGrid | undefined;
}

/** Where the values of one sample lie: value of a channel at a pixel is at `offset + channel * channelStride + pixel * pixelStride`. */
export interface MapGeometry extends ImageGeometry {
  readonly offset: number;
}

const hasTokens = ({ layout, shape }: LayerInfo): boolean => layout === 'NTC' && shape?.length === 3;

/** Whether a layer holds the weights of an attention over this many tokens. */
const isAttention = ({ kind, shape }: LayerInfo, tokens: number): boolean =>
  kind === 'attention' || (kind === 'softmax' && shape !== null && shape.length > 2 && shape.slice(-2).every((length) => length === tokens));

/**
 * The layer of tokens that class activation maps use unless told otherwise: the last normalisation or sum behind all images. A class token
 * ignores what patches become in the last attention, so that with one it is the layer before that. Undefined for models without.
 */
function lastTokenLayer(model: Pick<ModelAdapter<never>, 'input' | 'layers'>): LayerInfo | undefined {
  const size = imageSize(model);
  if (size === undefined) return undefined;
  const gridOf = (layer: LayerInfo): TokenGrid | undefined =>
    hasTokens(layer) && (layer.kind === 'layer-norm' || layer.kind === 'add') ? findTokenGrid(layer.shape?.[1] ?? 0, ...size) : undefined;
  const position = model.layers.findLastIndex((layer) => gridOf(layer) !== undefined);
  const last = model.layers[position];
  if (last === undefined || model.layers.slice(position).some((layer) => axes(layer).spatial.length === 2)) return undefined;
  if (gridOf(last)?.prefix === 0) return last;
  const [, tokens, width] = last.shape ?? [];
  const attention = model.layers.findLastIndex((layer) => isAttention(layer, tokens ?? 0));
  return model.layers.slice(0, Math.max(attention, 0)).findLast((layer) => gridOf(layer) !== undefined && layer.shape?.[1] === tokens && layer.shape?.[2] === width);
}

function chooseLayer(model: ModelAdapter<never>, name: string | undefined, method: string): LayerInfo {
  if (name === undefined || name === 'last') return lastTokenLayer(model) ?? lastSpatialLayer(model, method);
  const layer = findLayer(model, name);
  if (axes(layer).spatial.length === 2 || hasTokens(layer)) return layer;
  const suitable = deepestSpatialLayer(model) ?? lastTokenLayer(model);
  throw new PellucidError('LAYER_UNSUITABLE', {
    layer: name,
    model: model.name,
    method,
    problem: `its layout is ${layer.layout}`,
    help: suitable === undefined
      ? 'No layer of this model has height and width, or tokens of an image: use a method of gradients, or one over features.'
      : `Name a layer with height and width, such as \`${suitable.name}\`, or with tokens.`,
  });
}

/** The layers that maps are made from, at least one. @throws LAYER_NOT_FOUND, LAYER_AMBIGUOUS, LAYER_UNSUITABLE. */
export function mapLayers(model: ModelAdapter<never>, choice: LayerChoice, tokens: TokenGrid | undefined, method: string): readonly MapLayer[] {
  const names = choice === undefined || typeof choice === 'string' ? [choice] : choice;
  const layers = names.map((name): MapLayer => {
    const info = chooseLayer(model, name, method);
    return { info, tokens: hasTokens(info) ? tokenGrid(info, model, tokens, method) : undefined };
  });
  if (tokens === undefined || layers.some((layer) => layer.tokens !== undefined)) return layers;
  throw new PellucidError('LAYER_UNSUITABLE', {
    layer: layers[0]!.info.name,
    model: model.name,
    method,
    problem: 'it has height and width, where `tokens` says nothing',
    help: 'Name a layer of tokens, or leave the option `tokens` out.',
  });
}

/** How the values of a layer lie in memory. @throws LAYER_UNSUITABLE where it holds several rows per sample, such as windows. */
export function mapGeometry({ info, tokens }: MapLayer, values: Tensor, samples: number, model: string, method: string): MapGeometry {
  checkLayerRows(values, samples, info.name, model, method);
  const { shape } = values;
  if (tokens === undefined) return { ...imageGeometry(shape, info.layout), offset: 0 };
  const channels = shape[2]!;
  return { channels, height: tokens.height, width: tokens.width, channelStride: 1, pixelStride: channels, offset: tokens.prefix * channels };
}
