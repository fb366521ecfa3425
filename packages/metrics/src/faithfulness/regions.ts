import { imageGeometry, type MetricSubject } from '@pellucid/core';

/** Square regions of an image, row-major; those at the right and lower edge are cut. Each lists its pixels. */
export function squareRegions({ input, model }: Pick<MetricSubject, 'input' | 'model'>, side: number): Uint32Array[] {
  const { height, width } = imageGeometry(input.shape, model.input.layout);
  const across = Math.ceil(width / side);
  const regions = Array.from({ length: Math.ceil(height / side) * across }, (): number[] => []);
  for (let pixel = 0; pixel < height * width; pixel++) {
    regions[Math.floor(Math.floor(pixel / width) / side) * across + Math.floor((pixel % width) / side)]!.push(pixel);
  }
  return regions.map((region) => Uint32Array.from(region));
}

/** The pixels of the first regions in an order, for any number of regions: prefixes of one array. */
export interface OrderedRegions {
  readonly pixels: Uint32Array;
  /** How many pixels the first k regions have; one more entry than regions. */
  readonly ends: readonly number[];
}

/** Joins regions in an order. */
export function joinRegions(regions: readonly Uint32Array[], order: Iterable<number>): OrderedRegions {
  const ends = [0];
  const pixels: number[] = [];
  for (const region of order) {
    pixels.push(...regions[region]!);
    ends.push(pixels.length);
  }
  return { pixels: Uint32Array.from(pixels), ends };
}
