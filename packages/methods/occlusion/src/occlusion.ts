import {
  askAhead, baselineOption, batchSize, cutPieces, defineMethod, imageGeometry, makeBaseline, optional, placesByTurns, sampleData, sampleSize, score, selectObjective, sizeOption, zeros,
  type Baseline, type ImageGeometry, type MethodFactory, type OptionSpec, type Piece, type Tensor,
} from '@pellucid/core';
import { resolveSizes, slidingWindows, type Size, type Window } from './windows.ts';

/** What is covered, and with what. */
export interface OcclusionOptions {
  /** Height and width of the covered window. @defaultValue an eighth of each side of the input, rounded up */
  readonly window: Size | undefined;
  /** Pixels from one window to the next, downwards and to the right. @defaultValue half the window, rounded up */
  readonly stride: Size | undefined;
  /** What covers the window. @defaultValue 'zero' */
  readonly baseline: Baseline;
}

const derivedSize = (description: string): OptionSpec<Size | undefined> => optional(sizeOption([1, 1], description));

/** Calls back for every pixel (row-major) of a window. */
function forEachPixel({ top, bottom, left, right }: Window, width: number, visit: (pixel: number) => void): void {
  for (let y = top; y < bottom; y++) for (let x = left; x < right; x++) visit(y * width + x);
}

/** Puts the baseline into a window of a sample, in all channels together. */
function cover(sample: Float32Array, baseline: Float32Array, window: Window, { channels, width, channelStride, pixelStride }: ImageGeometry): void {
  forEachPixel(window, width, (pixel) => {
    for (let channel = 0; channel < channels; channel++) {
      const at = channel * channelStride + pixel * pixelStride;
      sample[at] = baseline[at]!;
    }
  });
}

/** The mean over the windows that cover a pixel of what covering them took away; the same in every channel. */
function spread(effects: Float64Array, windows: readonly Window[], values: Float32Array, geometry: ImageGeometry): void {
  const { channels, height, width, channelStride, pixelStride } = geometry;
  const sums = new Float64Array(height * width);
  const counts = new Float64Array(height * width);
  windows.forEach((window, i) => {
    forEachPixel(window, width, (pixel) => {
      sums[pixel]! += effects[i]!;
      counts[pixel]! += 1;
    });
  });
  for (let channel = 0; channel < channels; channel++) {
    sums.forEach((sum, pixel) => {
      values[channel * channelStride + pixel * pixelStride] = sum / counts[pixel]!;
    });
  }
}

/**
 * Occlusion: how much the explained score falls when a window is covered, averaged over the windows that cover a pixel. In the input's
 * shape, all channels alike. Needs no gradients.
 * @see {@link https://arxiv.org/abs/1311.2901 | Zeiler and Fergus 2013}, section 4.2
 */
export const occlusion: MethodFactory<never, OcclusionOptions> = defineMethod({
  name: 'occlusion',
  title: 'Occlusion',
  paper: {
    authors: 'Zeiler, Fergus',
    year: 2013,
    title: 'Visualizing and Understanding Convolutional Networks',
    url: 'https://arxiv.org/abs/1311.2901',
  },
  kind: 'local',
  needs: [],
  options: {
    window: derivedSize('Height and width of the covered window; by default an eighth of each side of the input, rounded up.'),
    stride: derivedSize('Pixels from one window to the next; by default half the window, rounded up.'),
    baseline: baselineOption('zero', 'What covers the window.'),
  },
  async explain(model, batch, options, context) {
    const { input, layout, objective } = batch;
    const geometry = imageGeometry(input.shape, layout);
    const image: Size = [geometry.height, geometry.width];
    const { window, stride } = resolveSizes(image, options.window, options.stride);
    const windows = slidingWindows(image, window, stride);
    const baseline = makeBaseline(options.baseline, batch, context);
    const whole = score(objective, (await model.evaluate({ input })).logits);
    const values = zeros(input.shape);
    const effects = new Float64Array(batchSize(input) * windows.length);
    const place = placesByTurns(sampleSize(input));
    const ask = async ({ first, count }: Piece): Promise<Piece> => {
      const samples = Array.from({ length: count }, (_, i) => Math.floor((first + i) / windows.length));
      const piece: Tensor = { shape: [count, ...input.shape.slice(1)], data: place(count) };
      samples.forEach((sample, i) => {
        const covered = sampleData(piece, i);
        covered.set(sampleData(input, sample));
        cover(covered, sampleData(baseline, sample), windows[(first + i) % windows.length]!, geometry);
      });
      const scores = score(selectObjective(objective, samples), (await model.evaluate({ input: piece })).logits);
      scores.forEach((value, i) => {
        effects[first + i] = whole[samples[i]!]! - value;
      });
      return { first, count };
    };
    for await (const { first, count } of askAhead(cutPieces(effects.length, context.chunkSize), ask)) context.progress(first + count, effects.length);
    for (let sample = 0; sample < batchSize(input); sample++) {
      const own = effects.subarray(sample * windows.length, (sample + 1) * windows.length);
      spread(own, windows, sampleData(values, sample), geometry);
    }
    return { values };
  },
});
