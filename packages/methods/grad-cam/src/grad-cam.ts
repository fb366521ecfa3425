import {
  activationOf, batchSize, choiceOption, concatBatches, defineMethod, flagOption, gradientAt, imageGeometry, imageShape, layerOption,
  resample, sampleData, selectObjective, sliceBatch, spatialLayer, zeros,
  type Interpolation, type Layout, type MethodFactory, type Tensor,
} from '@pellucid/core';

/** Where the map is made, and how it is shown at the input's size. */
export interface GradCamOptions {
  /** A layer with height and width. @defaultValue the last one before they are pooled away */
  readonly layer: string | undefined;
  /** Whether to keep only what speaks for the class, as in the paper; before resizing. @defaultValue true */
  readonly relu: boolean;
  /** How the map is brought to the input's size; `false` leaves it at the layer's. @defaultValue 'bilinear' */
  readonly upsample: Interpolation | false;
}

/** One map per sample: channels weighted by the spatial mean of their gradient, summed in float64 (equations 1 and 2). */
function weightChannels(activation: Tensor, gradient: Tensor, layout: Layout, relu: boolean): Tensor {
  const { channels, height, width, channelStride, pixelStride } = imageGeometry(activation.shape, layout);
  const pixels = height * width;
  const maps = zeros(imageShape(layout, batchSize(activation), 1, height, width));
  for (let sample = 0; sample < batchSize(activation); sample++) {
    const values = sampleData(activation, sample);
    const slopes = sampleData(gradient, sample);
    const map = new Float64Array(pixels);
    for (let channel = 0; channel < channels; channel++) {
      const offset = channel * channelStride;
      let weight = 0;
      for (let p = 0; p < pixels; p++) weight += slopes[offset + p * pixelStride]!;
      weight /= pixels;
      for (let p = 0; p < pixels; p++) map[p]! += weight * values[offset + p * pixelStride]!;
    }
    sampleData(maps, sample).set(relu ? map.map((value) => Math.max(value, 0)) : map);
  }
  return maps;
}

/**
 * Grad-CAM: the channels of a layer, each weighted by the mean of its gradient. One channel per map, in the layer's layout; at the
 * input's size unless `upsample` is false.
 * @see {@link https://arxiv.org/abs/1610.02391 | Selvaraju et al. 2017}, equations 1 and 2
 */
export const gradCam: MethodFactory<'activations' | 'gradient', GradCamOptions> = defineMethod({
  name: 'grad-cam',
  title: 'Grad-CAM',
  paper: {
    authors: 'Selvaraju, Cogswell, Das, Vedantam, Parikh, Batra',
    year: 2017,
    title: 'Grad-CAM: Visual Explanations from Deep Networks via Gradient-based Localization',
    url: 'https://arxiv.org/abs/1610.02391',
  },
  kind: 'local',
  needs: ['activations', 'gradient'],
  options: {
    layer: layerOption('A layer with height and width; by default the last one before they are pooled away.'),
    relu: flagOption(true, 'Keep only what speaks for the class; applied before resizing.'),
    upsample: choiceOption(['bilinear', 'nearest', false], 'bilinear', 'How the map is brought to the size of the input; false keeps that of the layer.'),
  },
  async explain(model, { input, layout, objective }, { layer: name, relu, upsample }, context) {
    const layer = spatialLayer(model, name, 'grad-cam');
    const maps: Tensor[] = [];
    const total = batchSize(input);
    for (let start = 0; start < total; start += context.chunkSize) {
      const end = Math.min(start + context.chunkSize, total);
      const of = selectObjective(objective, Array.from({ length: end - start }, (_, i) => start + i));
      const evaluation = await model.evaluate({
        input: sliceBatch(input, start, end),
        activations: [layer.name],
        gradient: { of, at: [layer.name] },
      });
      maps.push(weightChannels(activationOf(evaluation, layer.name), gradientAt(evaluation, layer.name), layer.layout, relu));
      context.progress(end, total);
    }
    const raw = concatBatches(maps);
    if (upsample === false) return { values: raw, layout: layer.layout, layer: layer.name };
    const { height, width } = imageGeometry(input.shape, layout);
    return { values: resample(raw, layer.layout, height, width, upsample), layout: layer.layout, layer: layer.name };
  },
});
