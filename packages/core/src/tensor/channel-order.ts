import type { Layout } from './layout.ts';

/** Whether the channels of a sample are its last axis, beside others. */
const isChannelsLast = (layout: Layout): boolean => layout.length > 2 && layout.endsWith('C') && layout !== 'NTC';

/**
 * Fills one sample of a batch of the given shape with one number after the other, channel by channel, wherever the layout has the channels:
 * random numbers that are drawn so are the same for a model in any layout.
 * @param next - given the position in the sample, and how many were filled before
 */
export function fillByChannel(sample: Float32Array, shape: readonly number[], layout: Layout, next: (position: number, index: number) => number): void {
  const channels = isChannelsLast(layout) ? (shape.at(-1) ?? 1) : 1;
  let index = 0;
  for (let channel = 0; channel < channels; channel++) {
    for (let position = channel; position < sample.length; position += channels) sample[position] = next(position, index++);
  }
}

/** One sample of a batch of the given shape channel by channel; the same array where it lies so already. */
export function orderByChannel(sample: Float32Array, shape: readonly number[], layout: Layout): Float32Array {
  if (!isChannelsLast(layout)) return sample;
  const ordered = new Float32Array(sample.length);
  const channels = shape.at(-1) ?? 1;
  const pixels = sample.length / channels;
  for (let position = 0; position < sample.length; position++) ordered[(position % channels) * pixels + Math.floor(position / channels)] = sample[position]!;
  return ordered;
}
