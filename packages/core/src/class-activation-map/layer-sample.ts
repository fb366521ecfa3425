import type { LayerInfo, ModelAdapter } from '../model/model-adapter.ts';
import { score, selectObjective, type Objective } from '../model/objective.ts';
import { gradientAt, type Capability, type Evaluation, type Query } from '../model/query.ts';
import { askAhead, cutPieces, placesByTurns } from '../method/ask-ahead.ts';
import type { MethodContext } from '../method/method.ts';
import type { Layout } from '../tensor/layout.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { sampleData } from '../tensor/batch.ts';
import { channelByChannel } from './channel-by-channel.ts';
import type { MapGeometry } from './map-layers.ts';

/** Changes the values of one variant, which start as those of the sample. */
export type Change = (variant: number, values: Float32Array) => void;

/** What a sample is, for questions beyond the first pass. */
export interface Scene<Needs extends Capability> {
  readonly model: ModelAdapter<Needs>;
  readonly layer: LayerInfo;
  /** Where the values of the layer lie. */
  readonly geometry: MapGeometry;
  /** The sample alone, [1, ...]. */
  readonly input: Tensor;
  readonly layout: Layout;
  /** The sample alone. */
  readonly objective: Objective;
  /** The layer's values of the sample alone, [1, ...], in its own layout. */
  readonly values: Tensor;
  readonly context: Pick<MethodContext, 'chunkSize' | 'progress' | 'note'>;
}

/** Where the value of a channel at a pixel stands among the layer's values of one sample. */
export type Place = (channel: number, pixel: number) => number;

/** One sample at one layer, as the equations of class activation maps have it. */
export interface LayerSample<Needs extends Capability = Capability> {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /** A_k(p), channel by channel: at `k * height * width + p`. To be read only: a view where it can be. */
  readonly activation: Float32Array;
  /** The derivative of the explained scalar with respect to A_k(p), in the same order; where the method needs gradients. */
  readonly gradient: 'gradient' extends Needs ? Float32Array : undefined;
  /** The explained scalar. */
  readonly score: number;
  readonly place: Place;
  readonly scene: Scene<Needs>;
}

/** The sum over channels of w_k A_k, which most class activation maps are: they differ in the weights. */
export function weighChannels(
  { channels, height, width, activation }: Pick<LayerSample, 'channels' | 'height' | 'width' | 'activation'>, weightOf: (channel: number) => number,
): Float64Array {
  const pixels = height * width;
  const map = new Float64Array(pixels);
  for (let k = 0; k < channels; k++) {
    const weight = weightOf(k);
    for (let p = 0; p < pixels; p++) map[p]! += weight * activation[k * pixels + p]!;
  }
  return map;
}

/** Makes batches of variants of one sample, by turns in two places. */
type Variants = (first: number, count: number) => Tensor;

function variantsOf(original: Tensor, change: Change): Variants {
  const size = original.data.length;
  const place = placesByTurns(size);
  return (first, count) => {
    const data = place(count);
    for (let i = 0; i < count; i++) {
      data.set(original.data, i * size);
      change(first + i, data.subarray(i * size, (i + 1) * size));
    }
    return { shape: [count, ...original.shape.slice(1)], data };
  };
}

const repeated = (objective: Objective, count: number): Objective => selectObjective(objective, new Array<number>(count).fill(0));

/** Runs variants in pieces of the context's chunk size. */
async function inPieces(count: number, { chunkSize, progress }: Scene<never>['context'], run: (first: number, size: number) => Promise<void>): Promise<void> {
  const pieces = askAhead(cutPieces(count, chunkSize), async (piece) => {
    await run(piece.first, piece.count);
    return piece.first + piece.count;
  });
  for await (const done of pieces) progress(done, count);
}

/** The explained scalar for each of the variants that the queries hold. */
async function scoreVariants<Needs extends Capability>(
  { model, objective, context }: Scene<Needs>, count: number, query: (first: number, size: number) => Query<Needs>,
): Promise<Float64Array> {
  const scores = new Float64Array(count);
  await inPieces(count, context, async (first, size) => {
    const { logits } = await model.evaluate(query(first, size));
    scores.set(score(repeated(objective, size), logits), first);
  });
  return scores;
}

/** The explained scalar for variants of the input: masked, for instance. */
export function scoreInputs(scene: Scene<never>, count: number, change: Change): Promise<Float64Array> {
  const inputs = variantsOf(scene.input, change);
  return scoreVariants(scene, count, (first, size) => ({ input: inputs(first, size) }));
}

/** Makes queries with variants of the layer's values, the input staying what it is. */
function interventions(scene: Scene<'intervention'>, change: Change): (first: number, size: number) => Query<'intervention'> {
  const inputs = variantsOf(scene.input, () => undefined);
  const values = variantsOf(scene.values, change);
  return (first, size) => ({ input: inputs(first, size), intervention: { layer: scene.layer.name, values: values(first, size) } });
}

/** The explained scalar for variants of the layer's values, the input staying what it is. */
export function scoreLayers(scene: Scene<'intervention'>, count: number, change: Change): Promise<Float64Array> {
  return scoreVariants(scene, count, interventions(scene, change));
}

/** The gradients at the layer for variants of its values, each channel by channel. */
export async function layerGradients(
  scene: Scene<'intervention' | 'gradient'>, count: number, change: Change,
): Promise<readonly Float32Array[]> {
  const { model, objective, layer, geometry, context } = scene;
  const gradients: Float32Array[] = [];
  const query = interventions(scene, change);
  await inPieces(count, context, async (first, size) => {
    const gradient = { of: repeated(objective, size), at: [layer.name] };
    const evaluation: Evaluation = await model.evaluate({ ...query(first, size), gradient });
    const answer = gradientAt(evaluation, layer.name);
    for (let i = 0; i < size; i++) gradients.push(channelByChannel(sampleData(answer, i), geometry));
  });
  return gradients;
}
