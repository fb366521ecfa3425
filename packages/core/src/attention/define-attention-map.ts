import { upsampleOption, type ClassActivationMapOptions } from '../class-activation-map/define-class-activation-map.ts';
import { finishMaps, sizeOfImages, type MapSize } from '../class-activation-map/finish-maps.ts';
import { tokenGrid, tokensOption } from '../class-activation-map/token-grid.ts';
import { PellucidError } from '../errors/pellucid-error.ts';
import { defineMethod } from '../method/define-method.ts';
import type { MethodBatch, MethodContext, MethodDescription, MethodFactory } from '../method/method.ts';
import { findLayer } from '../model/find-layer.ts';
import { isSpatial, type LayerInfo, type ModelAdapter } from '../model/model-adapter.ts';
import { selectObjective } from '../model/objective.ts';
import { activationOf, gradientAt, type Capability, type Evaluation, type Query } from '../model/query.ts';
import { batchSize, sampleData, sliceBatch } from '../tensor/batch.ts';
import { formatShape } from '../tensor/tensor.ts';

/** What every map of attention can be told. */
export interface AttentionMapOptions extends Pick<ClassActivationMapOptions, 'tokens' | 'upsample'> {
  /** The attention maps, [N, heads, T, T], in the order of execution. @defaultValue every softmax over square maps */
  readonly layers: readonly string[] | undefined;
}

/** One sample at one layer: how much each token (row) attends to each (column), head by head. */
export interface AttentionHeads {
  readonly heads: number;
  readonly tokens: number;
  /** At `(head * tokens + row) * tokens + column`. */
  readonly attention: Float32Array;
  /** The derivative of the explained scalar, in the same order; empty where `needs` names no gradient. */
  readonly gradient: Float32Array;
}

/** The definition of a map of attention. */
export interface AttentionMapDefinition<Needs extends Capability> extends MethodDescription<Needs> {
  readonly kind: 'local';
  /** The matrix [tokens, tokens] of a layer: how much of each token (column) is in each (row) after it. The map is the product of all. */
  readonly mix: (heads: AttentionHeads) => Float64Array;
}

const isName = (value: unknown): boolean => typeof value === 'string' && value !== '';

function isSquare(shape: LayerInfo['shape']): boolean {
  const [rows, columns] = shape?.slice(-2) ?? [];
  return shape !== null && (shape.length === 3 || shape.length === 4) && rows === columns && rows !== null && rows !== 1;
}

/** The layers that hold attention maps: as named, or found. @throws LAYER_NOT_FOUND, LAYER_AMBIGUOUS, LAYER_UNSUITABLE. */
function attentionLayers(model: ModelAdapter, names: readonly string[] | undefined, method: string): readonly LayerInfo[] {
  const layers = names?.map((name) => findLayer(model, name)) ?? model.layers.filter(({ kind, shape }) => kind === 'softmax' && isSquare(shape));
  // Without the map of one of its layers the product means nothing.
  const fused = (names === undefined ? model.layers : layers).find(({ kind }) => kind === 'attention');
  if (fused === undefined && layers.length > 0) return layers;
  throw new PellucidError('LAYER_UNSUITABLE', {
    layer: fused?.name ?? 'softmax', model: model.name, method,
    problem: fused === undefined ? 'none is over square maps' : 'a fused operator gives no attention map',
    help: fused === undefined
      ? 'Name the attention maps, [N, heads, T, T], with the option `layers`.'
      : 'Export the model with attention written out: at opset 20 or lower, or with eager attention.',
  });
}

/** Makes sure that each layer holds one map per sample, all over the same tokens, and tells how many. @throws LAYER_UNSUITABLE. */
function countTokens(evaluation: Evaluation, layers: readonly LayerInfo[], samples: number, model: string, method: string): number {
  const shapes = layers.map(({ name }) => activationOf(evaluation, name).shape);
  const tokens = shapes[0]?.at(-1) ?? 0;
  const odd = shapes.findIndex((shape) => !isSquare(shape) || shape[0] !== samples || shape.at(-1) !== tokens);
  if (odd < 0) return tokens;
  throw new PellucidError('LAYER_UNSUITABLE', {
    layer: layers[odd]!.name, model, method,
    problem: `it is ${formatShape(shapes[odd]!)}, not [${samples}, heads, ${tokens}, ${tokens}]`,
    help: 'Name layers that hold one attention map per sample (no windows), all over the same tokens.',
  });
}

/** A row vector times a matrix. */
function timesMatrix(row: Float64Array, matrix: Float64Array): Float64Array {
  const result = new Float64Array(row.length);
  matrix.forEach((value, i) => { result[i % row.length]! += row[Math.floor(i / row.length)]! * value; });
  return result;
}

/** The heads of one sample at a layer. */
function headsOf(evaluation: Evaluation, name: string, sample: number, tokens: number): AttentionHeads {
  const attention = sampleData(activationOf(evaluation, name), sample);
  const gradient = evaluation.gradients.has(name) ? sampleData(gradientAt(evaluation, name), sample) : undefined;
  return { heads: attention.length / (tokens * tokens), tokens, attention, gradient: gradient ?? attention.subarray(0, 0) };
}

/** The maps of a batch over the grid of tokens. */
async function mapsOf<Needs extends Capability>(
  model: ModelAdapter, { input, objective }: MethodBatch, { layers: names, tokens: given }: AttentionMapOptions, context: MethodContext,
  { name: method, needs, mix }: AttentionMapDefinition<Needs>,
): Promise<{ readonly size: MapSize; readonly samples: readonly Float64Array[]; readonly layer: string }> {
  const layers = attentionLayers(model, names, method);
  const at = layers.map(({ name }) => name);
  const samples: Float64Array[] = [];
  let size: MapSize = [0, 0];
  for (let start = 0; start < batchSize(input); start += context.chunkSize) {
    const end = Math.min(start + context.chunkSize, batchSize(input));
    const of = selectObjective(objective, Array.from({ length: end - start }, (_, i) => start + i));
    const wanted: readonly Capability[] = needs;
    const query: Query = { input: sliceBatch(input, start, end), activations: at, ...(wanted.includes('gradient') && { gradient: { of, at } }) };
    const evaluation = await model.evaluate(query);
    const tokens = countTokens(evaluation, layers, end - start, model.name, method);
    const { prefix, height, width } = tokenGrid({ ...layers[0]!, shape: [null, tokens] }, model, given, method);
    size = [height, width];
    for (let sample = 0; sample < end - start; sample++) {
      // The row of the class token, the first; the mean of all rows where there is none.
      const row = Float64Array.from({ length: tokens }, (_, i) => (prefix === 0 ? 1 / tokens : Number(i === 0)));
      // From the last layer backwards a row is enough: the product of whole matrices is never formed.
      samples.push(at.reduceRight<Float64Array>((held, name) => timesMatrix(held, mix(headsOf(evaluation, name, sample, tokens))), row).subarray(prefix));
    }
    context.progress(end, batchSize(input));
  }
  return { size, samples, layer: at.join(', ') };
}

/**
 * Defines a map of how the tokens of a vision transformer mix, by what one layer does. What all of them share is done here: attention maps, one query
 * per piece of the batch, the product over the layers, tokens as pixels, resizing. Maps have one channel, in the image's layout.
 */
export function defineAttentionMap<const Needs extends Capability>(definition: AttentionMapDefinition<Needs>): MethodFactory<Needs, AttentionMapOptions> {
  const { name, title, paper, kind, needs } = definition;
  return defineMethod<Needs, AttentionMapOptions>({
    name, title, paper, kind, needs,
    options: {
      layers: {
        type: 'list of layer names',
        description: 'The attention maps, [N, heads, T, T], in the order of execution. By default every softmax over square maps.',
        default: undefined,
        accepts: (value): value is readonly string[] | undefined => value === undefined || (Array.isArray(value) && value.length > 0 && value.every(isName)),
      },
      tokens: tokensOption(),
      upsample: upsampleOption,
    },
    async explain(model, batch, options, context) {
      const { upsample } = options;
      const size = upsample === false ? undefined : sizeOfImages(batch.input, batch.layout);
      // `needs` names what is asked of the model.
      const { layer, ...maps } = await mapsOf(model as unknown as ModelAdapter, batch, options, context, definition);
      const layout = isSpatial(batch.layout) ? batch.layout : 'NCHW';
      return { values: finishMaps([maps], layout, size, upsample === false ? 'bilinear' : upsample), layout, layer };
    },
  });
}
