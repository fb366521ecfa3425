import { randomStream, type RandomStream, type Tensor } from '@pellucid/core';

/** How training images vary from epoch to epoch. Each image draws from a stream of its own in every epoch. */
export interface Augmentation {
  /** Moves an image by up to as many pixels along both axes; what comes in is zero. @defaultValue 0 */
  readonly shift?: number | undefined;
  /** Mirrors half of the images left to right. @defaultValue false */
  readonly flip?: boolean | undefined;
}

/** Moves and mirrors an image [height, width, channels] from one place to another. */
function vary(from: Float32Array, to: Float32Array, shape: readonly number[], { shift = 0, flip = false }: Augmentation, random: RandomStream): void {
  const [height = 0, width = 0, channels = 0] = shape;
  const [down, right] = [random.integer(2 * shift + 1) - shift, random.integer(2 * shift + 1) - shift];
  const mirrored = flip && random.uniform() < 0.5;
  for (let row = Math.max(0, down); row < Math.min(height, height + down); row++) {
    for (let column = Math.max(0, right); column < Math.min(width, width + right); column++) {
      const source = column - right;
      const start = ((row - down) * width + (mirrored ? width - 1 - source : source)) * channels;
      const target = (row * width + column) * channels;
      for (let channel = 0; channel < channels; channel++) to[target + channel] = from[start + channel]!;
    }
  }
}

/** The images of a batch [N, height, width, channels], varied. @param positions - which images of the data they are */
export function augment({ shape, data }: Tensor, augmentation: Augmentation, seed: number, epoch: number, positions: readonly number[]): Tensor {
  const result = new Float32Array(data.length);
  const size = data.length / positions.length;
  positions.forEach((position, i) => {
    const [start, end] = [i * size, (i + 1) * size];
    vary(data.subarray(start, end), result.subarray(start, end), shape.slice(1), augmentation, randomStream(seed, 'training', 'augmentation', epoch, position));
  });
  return { shape, data: result };
}
