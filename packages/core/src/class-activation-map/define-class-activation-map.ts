import type { Interpolation } from '../image/resample.ts';
import { defineMethod } from '../method/define-method.ts';
import type { MethodBatch, MethodContext, MethodDescription, MethodFactory } from '../method/method.ts';
import { choiceOption, flagOption, type OptionSpec, type OptionSpecs } from '../method/options.ts';
import { isSpatial, type ModelAdapter } from '../model/model-adapter.ts';
import { score, selectObjective } from '../model/objective.ts';
import { activationOf, gradientAt, type Capability, type Evaluation, type Query } from '../model/query.ts';
import { batchSize, sampleData, sliceBatch } from '../tensor/batch.ts';
import type { Layout } from '../tensor/layout.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { channelByChannel } from './channel-by-channel.ts';
import { finishMaps, sizeOfImages, type RawMaps } from './finish-maps.ts';
import type { LayerSample, Scene } from './layer-sample.ts';
import { layersOption, mapGeometry, mapLayers, type LayerChoice, type MapLayer } from './map-layers.ts';
import { tokensOption, type TokenGrid } from './token-grid.ts';

/** What every class activation map can be told. */
export interface ClassActivationMapOptions {
  /** A layer with height and width, or with tokens; several are fused. @defaultValue the last one before they are pooled away */
  readonly layer: LayerChoice;
  /** How the tokens of a vision transformer lie on the image. @defaultValue found from the shapes */
  readonly tokens: TokenGrid | undefined;
  /** How the map is brought to the input's size; `false` leaves it at the layer's. @defaultValue 'bilinear' */
  readonly upsample: Interpolation | false;
}

/** The options of a method, where maps of both signs may be cut below zero. */
type MapOptions = ClassActivationMapOptions & { readonly relu?: boolean };

/** The definition of a class activation map: its equation for one sample at one layer. */
export interface ClassActivationMapDefinition<Needs extends Capability, Options extends MapOptions> extends MethodDescription<Needs> {
  readonly kind: 'local';
  /** The method's own options, besides those that all class activation maps have. */
  readonly options: OptionSpecs<Omit<Options, keyof ClassActivationMapOptions>>;
  /** States that `map` weighs each channel by the mean of its gradient, which backends may do where the values are. */
  readonly weigh?: 'means' | undefined;
  /** The map of one sample: a value per pixel of the layer, or token of the grid; before `relu`. */
  readonly map: (sample: LayerSample<Needs>, options: Options) => Float64Array | Promise<Float64Array>;
}

/** The option that cuts maps below zero. */
export function reluOption(fallback: boolean): OptionSpec<boolean> {
  return flagOption(fallback, 'Keep only what is above zero; applied before resizing.');
}

/** The option that brings maps to the input's size. */
export const upsampleOption: OptionSpec<Interpolation | false> =
  choiceOption(['bilinear', 'nearest', false], 'bilinear', 'How the map is brought to the size of the input; false keeps that of the layer.');

const sharedOptions: OptionSpecs<ClassActivationMapOptions> = { layer: layersOption(), tokens: tokensOption(), upsample: upsampleOption };

/** Samples that went through the model together. */
interface Piece {
  readonly start: number;
  readonly input: Tensor;
  readonly objective: MethodBatch['objective'];
  readonly evaluation: Evaluation;
}

/** One query for all layers, and gradients at all of them where the method needs any. */
async function ask(
  model: ModelAdapter, layers: readonly MapLayer[], { needs, weigh }: Pick<ClassActivationMapDefinition<Capability, MapOptions>, 'needs' | 'weigh'>,
  batch: MethodBatch, start: number, end: number,
): Promise<Piece> {
  const names = layers.map(({ info }) => info.name);
  const input = sliceBatch(batch.input, start, end);
  const objective = selectObjective(batch.objective, Array.from({ length: end - start }, (_, i) => start + i));
  const query: Query = { input, activations: names, ...(needs.includes('gradient') && { gradient: { of: objective, at: names, weigh } }) };
  return { start, input, objective, evaluation: await model.evaluate(query) };
}

/** For methods that do not need gradients, and whose type says so. */
const NO_GRADIENT = new Float32Array(0);

/** One sample of a piece at one layer; what only some equations ask for is made when they do. */
function describeSample(scene: Omit<Scene<Capability>, 'input' | 'objective' | 'values'>, piece: Piece, sample: number): LayerSample {
  const { evaluation, input, objective } = piece;
  const { layer: { name }, geometry } = scene;
  const one = (batch: Tensor): Tensor => sliceBatch(batch, sample, sample + 1);
  const values = one(activationOf(evaluation, name));
  const alone = (): MethodBatch['objective'] => selectObjective(objective, [sample]);
  const { channels, height, width, offset, channelStride, pixelStride } = geometry;
  return {
    channels,
    height,
    width,
    activation: channelByChannel(values.data, geometry),
    gradient: evaluation.gradients.has(name) ? channelByChannel(sampleData(gradientAt(evaluation, name), sample), geometry) : NO_GRADIENT,
    get score() { return score(alone(), one(evaluation.logits))[0]!; },
    place: (channel, pixel) => offset + channel * channelStride + pixel * pixelStride,
    get scene() { return { ...scene, input: one(input), objective: alone(), values }; },
  };
}

/** The layout of maps: that of the layer, or of the image under its tokens. */
function mapLayout({ info }: MapLayer, layout: Layout): Layout {
  if (isSpatial(info.layout)) return info.layout;
  return isSpatial(layout) ? layout : 'NCHW';
}

/** The raw maps of a batch, layer by layer. */
async function mapsOfLayers<Options extends MapOptions>(
  model: ModelAdapter, batch: MethodBatch, layers: readonly MapLayer[], definition: ClassActivationMapDefinition<Capability, Options>,
  options: Options, context: MethodContext,
): Promise<readonly RawMaps[]> {
  const total = batchSize(batch.input);
  const found = layers.map((): { size: [number, number]; samples: Float64Array[] } => ({ size: [0, 0], samples: [] }));
  for (let start = 0; start < total; start += context.chunkSize) {
    const end = Math.min(start + context.chunkSize, total);
    const piece = await ask(model, layers, definition, batch, start, end);
    for (const [i, layer] of layers.entries()) {
      const maps = found[i]!;
      const { activations, gradients } = piece.evaluation;
      const weighed = activations.has(layer.info.name) ? undefined : gradients.get(layer.info.name);
      const geometry = mapGeometry(layer, weighed ?? activationOf(piece.evaluation, layer.info.name), end - start, model.name, definition.name);
      maps.size = [geometry.height, geometry.width];
      for (let sample = 0; sample < end - start; sample++) {
        const done = layers.length * start + i * (end - start) + sample;
        const progress: MethodContext['progress'] = (part, of) => { context.progress(done + part / of, layers.length * total); };
        const scene = { model, layer: layer.info, geometry, layout: batch.layout, context: { ...context, progress } };
        const map = weighed === undefined ? await definition.map(describeSample(scene, piece, sample), options) : new Float64Array(sampleData(weighed, sample));
        maps.samples.push(options.relu === true ? map.map((value) => Math.max(value, 0)) : map);
      }
    }
    context.progress(layers.length * end, layers.length * total);
  }
  return found;
}

/**
 * Defines a class activation map by its equation. What all of them share is done here: choosing layers, one query per piece of the batch,
 * tokens as pixels, cutting, fusing several layers, resizing. Maps have one channel, in the layer's layout.
 */
export function defineClassActivationMap<const Needs extends Capability, Options extends MapOptions>(
  definition: ClassActivationMapDefinition<Needs, Options>,
): MethodFactory<Needs, Options> {
  const { layer, tokens, upsample } = sharedOptions;
  const { name, title, paper, kind, needs } = definition;
  // The options that all have and the definition's own are together all of `Options`.
  const options = { layer, tokens, ...definition.options, upsample } as unknown as OptionSpecs<Options>;
  return defineMethod<Needs, Options>({
    name, title, paper, kind, needs, options,
    async explain(given, batch, chosen, context) {
      // `needs` names what is asked of the model: activations always, gradients and interventions by definition.
      const model = given as unknown as ModelAdapter;
      const layers = mapLayers(model, chosen.layer, chosen.tokens, name);
      const size = chosen.upsample === false ? undefined : sizeOfImages(batch.input, batch.layout);
      const erased = definition as unknown as ClassActivationMapDefinition<Capability, Options>;
      const maps = await mapsOfLayers(model, batch, layers, erased, chosen, context);
      const layout = mapLayout(layers[0]!, batch.layout);
      const values = finishMaps(maps, layout, size, chosen.upsample === false ? 'bilinear' : chosen.upsample);
      return { values, layout, layer: layers.map(({ info }) => info.name).join(', ') };
    },
  });
}
