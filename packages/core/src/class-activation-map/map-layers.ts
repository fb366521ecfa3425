import { PellucidError } from '../errors/pellucid-error.ts';
import { checkLayerRows } from '../model/check-layer-rows.ts';
import { findLayer, lastSpatialLayer } from '../model/find-layer.ts';
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

/**
 * Where the patches of a vision transformer last have a say, for class tokens ignore what comes after: the last normalisation (or sum)
 * before the last attention, as wide as the stream that it leads into. Undefined for other models, also for those with windows.
 */
function lastTokenLayer(model: Pick<ModelAdapter<never>, 'input' | 'layers'>): LayerInfo | undefined {
  const size = imageSize(model);
  const patches = model.layers.findLast(({ layout, shape }) => axes({ layout }).spatial.length === 2 && shape !== null);
  if (size === undefined || patches === undefined) return undefined;
  const count = axes(patches).spatial.reduce((product, axis) => product * (patches.shape?.[axis] ?? 0), 1);
  const coversPatches = (layer: LayerInfo): boolean => {
    const grid = hasTokens(layer) && (layer.kind === 'layer-norm' || layer.kind === 'add') ? findTokenGrid(layer.shape?.[1] ?? 0, ...size) : undefined;
    return grid !== undefined && grid.height * grid.width === count;
  };
  const attention = model.layers.findLastIndex(({ kind, shape }) => {
    const [rows, columns] = shape?.slice(-2) ?? [];
    return (kind === 'softmax' || kind === 'attention') && (shape?.length ?? 0) > 2 && (kind === 'attention' || rows === columns);
  });
  const width = model.layers.findLast(coversPatches)?.shape?.[2];
  return model.layers.slice(0, Math.max(attention, 0)).findLast((layer) => coversPatches(layer) && layer.shape?.[2] === width);
}

function chooseLayer(model: ModelAdapter<never>, name: string | undefined, method: string): LayerInfo {
  if (name === undefined || name === 'last') return lastTokenLayer(model) ?? lastSpatialLayer(model, method);
  const layer = findLayer(model, name);
  if (axes(layer).spatial.length === 2 || hasTokens(layer)) return layer;
  throw new PellucidError('LAYER_UNSUITABLE', {
    layer: name,
    model: model.name,
    method,
    problem: `its layout is ${layer.layout}`,
    help: `Name a layer with height and width, such as \`${lastSpatialLayer(model, method).name}\`, or with tokens.`,
  });
}

/** The layers that maps are made from. @throws LAYER_NOT_FOUND, LAYER_AMBIGUOUS, LAYER_UNSUITABLE. */
export function mapLayers(model: ModelAdapter<never>, choice: LayerChoice, tokens: TokenGrid | undefined, method: string): readonly MapLayer[] {
  const names = choice === undefined || typeof choice === 'string' ? [choice] : choice;
  return names.map((name) => {
    const info = chooseLayer(model, name, method);
    return { info, tokens: hasTokens(info) ? tokenGrid(info, model, tokens, method) : undefined };
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
