import {
  activationOf, batchSize, choiceOption, concatBatches, defineMethod, flagOption, imageGeometry, imageShape, layerOption, resample,
  sampleData, sliceBatch, spatialLayer, zeros,
  type Interpolation, type Layout, type MethodFactory, type Tensor,
} from '@pellucid/core';
import { principalMap } from './principal-map.ts';

/** Where the map is made, and how it is shown at the input's size. */
export interface EigenCamOptions {
  /** A layer with height and width. @defaultValue the last one before they are pooled away */
  readonly layer: string | undefined;
  /** Whether each channel's mean is taken away first: principal components in the statistical sense. @defaultValue false, as in the paper */
  readonly centred: boolean;
  /** How the map is brought to the input's size; `false` leaves it at the layer's. @defaultValue 'bilinear' */
  readonly upsample: Interpolation | false;
}

function principalMaps(activation: Tensor, layout: Layout, centred: boolean): Tensor {
  const geometry = imageGeometry(activation.shape, layout);
  const maps = zeros(imageShape(layout, batchSize(activation), 1, geometry.height, geometry.width));
  for (let sample = 0; sample < batchSize(activation); sample++) {
    sampleData(maps, sample).set(principalMap(sampleData(activation, sample), geometry, centred));
  }
  return maps;
}

/**
 * Eigen-CAM: a layer projected onto the first principal component of its channels, image by image. Looks at no class and needs no
 * gradients. One signed channel per map, in the layer's layout; at the input's size unless `upsample` is false. The sign is the one
 * that correlates with the layer's mean positive activation.
 * @see {@link https://arxiv.org/abs/2008.00299 | Muhammad and Yeasin 2020}, section III
 */
export const eigenCam: MethodFactory<'activations', EigenCamOptions> = defineMethod({
  name: 'eigen-cam',
  title: 'Eigen-CAM',
  paper: {
    authors: 'Muhammad, Yeasin',
    year: 2020,
    title: 'Eigen-CAM: Class Activation Map using Principal Components',
    url: 'https://arxiv.org/abs/2008.00299',
  },
  kind: 'local',
  needs: ['activations'],
  options: {
    layer: layerOption('A layer with height and width; by default the last one before they are pooled away.'),
    centred: flagOption(false, 'Take away the mean of each channel first.'),
    upsample: choiceOption(['bilinear', 'nearest', false], 'bilinear', 'How the map is brought to the size of the input; false keeps that of the layer.'),
  },
  async explain(model, { input, layout }, { layer: name, centred, upsample }, context) {
    const layer = spatialLayer(model, name, 'eigen-cam');
    const maps: Tensor[] = [];
    const total = batchSize(input);
    for (let start = 0; start < total; start += context.chunkSize) {
      const end = Math.min(start + context.chunkSize, total);
      const evaluation = await model.evaluate({ input: sliceBatch(input, start, end), activations: [layer.name] });
      maps.push(principalMaps(activationOf(evaluation, layer.name), layer.layout, centred));
      context.progress(end, total);
    }
    const raw = concatBatches(maps);
    if (upsample === false) return { values: raw, layout: layer.layout, layer: layer.name };
    const { height, width } = imageGeometry(input.shape, layout);
    return { values: resample(raw, layer.layout, height, width, upsample), layout: layer.layout, layer: layer.name };
  },
});
