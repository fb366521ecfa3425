import { batchSize, convertLayout, PellucidError, sampleData, sampleSize, validateBatch, type LabelledImages, type Tensor } from '@pellucid/core';
import type { NetworkDefinition } from '../network/network.ts';
import { INPUT_NAME } from '../network/resolve-network.ts';

/** Checked images, channels last, with their classes. */
export interface Samples {
  readonly images: Tensor;
  readonly labels: Int32Array;
  readonly count: number;
}

/** Images in the layout and shape of a network. @throws SHAPE_MISMATCH or INPUT_NOT_FINITE. */
export function imagesFor(network: NetworkDefinition, images: Tensor, layout: LabelledImages['layout'], what: string): Tensor {
  const [height, width, channels] = network.input;
  const shape = layout === 'NHWC' ? [null, height, width, channels] : [null, channels, height, width];
  validateBatch(images, { name: INPUT_NAME, shape, layout }, what);
  return convertLayout(images, layout, 'NHWC');
}

/** Checks labelled images against a network. @throws SHAPE_MISMATCH, INPUT_NOT_FINITE or REQUEST_INVALID. */
export function samplesFor(network: NetworkDefinition, { name, images, layout, labels }: LabelledImages): Samples {
  const checked = imagesFor(network, images, layout, `images of \`${name}\``);
  const count = batchSize(checked);
  if (labels.length !== count) {
    throw new PellucidError('SHAPE_MISMATCH', { what: `labels of \`${name}\``, expected: `[${count}]`, actual: `[${labels.length}]`, help: 'Give one label per image.' });
  }
  const wrong = labels.findIndex((label) => !Number.isInteger(label) || label < 0 || label >= network.classes);
  if (wrong >= 0) {
    throw new PellucidError('REQUEST_INVALID', {
      action: `use \`${name}\` with \`${network.name}\``,
      problem: `image ${wrong} has label ${labels[wrong]!}, and the network has classes 0 to ${network.classes - 1}`,
      help: 'Build the network for as many classes as the data has.',
    });
  }
  return { images: checked, labels, count };
}

/** The images and labels at these positions, copied together. */
export function gatherBatch({ images, labels }: Samples, positions: readonly number[]): { readonly input: Tensor; readonly labels: Int32Array } {
  const size = sampleSize(images);
  const data = new Float32Array(positions.length * size);
  positions.forEach((position, i) => {
    data.set(sampleData(images, position), i * size);
  });
  return {
    input: { shape: [positions.length, ...images.shape.slice(1)], data },
    labels: Int32Array.from(positions, (position) => labels[position]!),
  };
}
