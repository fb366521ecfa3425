/** An image whose channels stand side by side at every pixel, row by row, in float64. */
export interface Picture {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly values: Float64Array;
}

/** What a position along an axis is made of: weights of the positions from `first` on. */
interface Mixture {
  readonly positions: readonly number[];
  readonly weights: readonly number[];
}

/** Replaces every position of both axes by a mixture of positions. */
function mix({ width, channels, values }: Picture, down: readonly Mixture[], across: readonly Mixture[]): Picture {
  const rows = new Float64Array(down.length * width * channels);
  const line = width * channels;
  down.forEach(({ positions, weights }, y) => {
    positions.forEach((position, k) => {
      for (let i = 0; i < line; i++) rows[y * line + i]! += weights[k]! * values[position * line + i]!;
    });
  });
  const mixed = new Float64Array(down.length * across.length * channels);
  for (let y = 0; y < down.length; y++) {
    across.forEach(({ positions, weights }, x) => {
      const to = (y * across.length + x) * channels;
      positions.forEach((position, k) => {
        const from = y * line + position * channels;
        for (let channel = 0; channel < channels; channel++) mixed[to + channel]! += weights[k]! * rows[from + channel]!;
      });
    });
  }
  return { height: down.length, width: across.length, channels, values: mixed };
}

/** Weights that sum to 1. */
function normalised(positions: readonly number[], weights: readonly number[]): Mixture {
  const sum = weights.reduce((a, b) => a + b, 0);
  return { positions, weights: weights.map((weight) => weight / sum) };
}

/** Keys' cubic convolution kernel with a = -1/2. */
function cubic(distance: number): number {
  const x = Math.abs(distance);
  if (x >= 2) return 0;
  return x < 1 ? (1.5 * x - 2.5) * x * x + 1 : ((-0.5 * x + 2.5) * x - 4) * x + 2;
}

function cubicMixtures(source: number, target: number): Mixture[] {
  // Wider than two pixels where the picture shrinks, so that nothing between the new pixels is lost.
  const stretch = Math.max(source / target, 1);
  return Array.from({ length: target }, (_, i) => {
    const centre = ((i + 0.5) * source) / target - 0.5;
    const first = Math.ceil(centre - 2 * stretch);
    const reach = Array.from({ length: Math.floor(centre + 2 * stretch) - first + 1 }, (__, k) => first + k);
    return normalised(reach.map((position) => Math.min(Math.max(position, 0), source - 1)), reach.map((position) => cubic((position - centre) / stretch)));
  });
}

/** Resizes by cubic convolution with half-pixel centres, edges repeated. */
export function resizePicture(picture: Picture, height: number, width: number): Picture {
  if (picture.height === height && picture.width === width) return picture;
  return mix(picture, cubicMixtures(picture.height, height), cubicMixtures(picture.width, width));
}

/** A position mirrored at the edges, which are repeated: -1 becomes 0. */
function mirrored(position: number, length: number): number {
  const wrapped = ((position % (2 * length)) + 2 * length) % (2 * length);
  return wrapped < length ? wrapped : 2 * length - 1 - wrapped;
}

/** Standard deviations to each side that a blur takes into account. */
const BLUR_REACH = 4;

/** Blurs with a Gaussian, edges mirrored. */
export function blurPicture(picture: Picture, sigma: number): Picture {
  const radius = Math.round(BLUR_REACH * sigma);
  const mixtures = (length: number): Mixture[] => Array.from({ length }, (_, centre) => {
    const offsets = Array.from({ length: 2 * radius + 1 }, (__, k) => k - radius);
    return normalised(offsets.map((offset) => mirrored(centre + offset, length)), offsets.map((offset) => Math.exp(-(offset ** 2) / (2 * sigma ** 2))));
  });
  return mix(picture, mixtures(picture.height), mixtures(picture.width));
}
