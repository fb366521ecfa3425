/** A rectangle, in pixels from the upper left corner. */
export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The place of one tile. */
export interface GridCell {
  /** Of the tile itself, in the middle of its column and row. */
  readonly tile: Rectangle;
  /** Above the tile, as wide as its column; of height 0 in a row without titles. */
  readonly title: Rectangle;
}

/** Where everything in a grid stands. */
export interface GridLayout {
  readonly width: number;
  readonly height: number;
  readonly cells: readonly GridCell[];
}

/** How tiles are arranged. */
export interface GridOptions {
  /** @defaultValue as many columns as make the grid about square */
  readonly columns?: number | undefined;
  /** Pixels between tiles, and around them. @defaultValue 8 */
  readonly gap?: number | undefined;
  /** One per tile; `undefined` or none leaves it without. A row without titles takes no room for them. */
  readonly titles?: readonly (string | undefined)[] | undefined;
  /** Height of the letters' box in pixels. @defaultValue 14 */
  readonly fontSize?: number | undefined;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

const most = (lengths: readonly number[]): number => lengths.reduce((a, b) => Math.max(a, b), 0);

/** The positions after each of these lengths, a gap before each. */
function positions(lengths: readonly number[], gap: number): number[] {
  let end = 0;
  return lengths.map((length) => {
    const start = end + gap;
    end = start + length;
    return start;
  });
}

/** Arranges tiles of these sizes row by row: a column is as wide as its widest tile, a row as high as its highest. */
export function layoutGrid(sizes: readonly Size[], options: GridOptions = {}): GridLayout {
  const { gap = 8, titles = [], fontSize = 14 } = options;
  const columns = Math.max(1, Math.min(options.columns ?? Math.ceil(Math.sqrt(sizes.length)), sizes.length));
  const rowCount = Math.ceil(sizes.length / columns);
  const rows = Array.from({ length: rowCount }, (_, row) => sizes.slice(row * columns, (row + 1) * columns));
  const widths = Array.from({ length: columns }, (_, column) => most(rows.map((row) => row[column]?.width ?? 0)));
  const heights = rows.map((row) => most(row.map(({ height }) => height)));
  const titleHeights = rows.map((_, row) =>
    titles.slice(row * columns, (row + 1) * columns).some((title) => (title ?? '') !== '') ? Math.round(fontSize * 1.5) : 0,
  );
  const lefts = positions(widths, gap);
  const tops = positions(heights.map((height, row) => height + titleHeights[row]!), gap);
  const cells = sizes.map(({ width, height }, i): GridCell => {
    const column = i % columns;
    const row = (i - column) / columns;
    const [left, top, titleHeight] = [lefts[column]!, tops[row]!, titleHeights[row]!];
    return {
      title: { x: left, y: top, width: widths[column]!, height: titleHeight },
      tile: {
        x: left + Math.floor((widths[column]! - width) / 2),
        y: top + titleHeight + Math.floor((heights[row]! - height) / 2),
        width,
        height,
      },
    };
  });
  const total = (lengths: readonly number[]): number => lengths.reduce((sum, length) => sum + length + gap, gap);
  return { width: total(widths), height: total(heights) + titleHeights.reduce((a, b) => a + b, 0), cells };
}
