import type { RandomStream } from '@pellucid/core';

/** What the masks are like. */
export interface MaskSettings {
  /** Cells along each side of the coarse masks. @defaultValue 7 */
  readonly grid: number;
  /** Probability that a cell is open. @defaultValue 0.5 */
  readonly probability: number;
}

/** Where an enlarged position falls between two cells. */
interface Between {
  readonly cell: number;
  readonly next: number;
  readonly share: number;
}

/** Mirrors a cell at the edges without repeating them. */
const mirror = (cell: number, cells: number): number => {
  if (cells === 1) return 0;
  if (cell < 0) return -cell;
  return cell < cells ? cell : 2 * cells - 2 - cell;
};

/** For `length` positions from `offset` on, of an axis of cells enlarged to `size` positions: the cells around each. */
function enlarge(cells: number, size: number, offset: number, length: number): Between[] {
  return Array.from({ length }, (_, i) => {
    const at = ((offset + i + 0.5) * cells) / size - 0.5;
    const cell = Math.floor(at);
    return { cell: mirror(cell, cells), next: mirror(cell + 1, cells), share: at - cell };
  });
}

/**
 * One mask of values from 0 to 1, row-major: a coarse grid of open and closed cells, enlarged bilinearly by one cell more than the image and cropped
 * at a random place of its own (section 3.3 of the paper; edges mirrored, as in the authors' code).
 */
export function drawMask({ uniform, integer }: RandomStream, height: number, width: number, { grid, probability }: MaskSettings): Float32Array {
  const [cellHeight, cellWidth] = [Math.ceil(height / grid), Math.ceil(width / grid)];
  const open = Float64Array.from({ length: grid * grid }, () => (uniform() < probability ? 1 : 0));
  const down = enlarge(grid, (grid + 1) * cellHeight, integer(cellHeight), height);
  const across = enlarge(grid, (grid + 1) * cellWidth, integer(cellWidth), width);
  const mask = new Float32Array(height * width);
  let pixel = 0;
  for (const { cell: row, next: below, share: lower } of down) {
    for (const { cell, next, share } of across) {
      const upper = (1 - share) * open[row * grid + cell]! + share * open[row * grid + next]!;
      mask[pixel++] = (1 - lower) * upper + lower * ((1 - share) * open[below * grid + cell]! + share * open[below * grid + next]!);
    }
  }
  return mask;
}
