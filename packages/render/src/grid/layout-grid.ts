/** A rectangle, in pixels from the upper left corner. */
export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** How tiles are arranged. */
export interface GridOptions {
  /** @defaultValue as many columns as make the grid about square */
  readonly columns?: number | undefined;
  /** Pixels between tiles, and around them. @defaultValue 8 */
  readonly gap?: number | undefined;
}

/** Where everything in a grid stands. */
export interface GridLayout {
  readonly width: number;
  readonly height: number;
  /** Of each tile, in the middle of its column and row. */
  readonly tiles: readonly Rectangle[];
  /** Where the columns begin and how wide they are. */
  readonly columns: readonly (readonly [x: number, width: number])[];
  /** Where the rows begin and how high they are. */
  readonly rows: readonly (readonly [y: number, height: number])[];
}

interface Size {
  readonly width: number;
  readonly height: number;
}

const most = (lengths: readonly number[]): number => lengths.reduce((a, b) => Math.max(a, b), 0);

/** The start of each of these lengths, a gap before each. */
function starts(lengths: readonly number[], gap: number): (readonly [number, number])[] {
  let end = 0;
  return lengths.map((length) => {
    const start = end + gap;
    end = start + length;
    return [start, length] as const;
  });
}

/** Arranges tiles of these sizes row by row: a column is as wide as its widest tile, a row as high as its highest. */
export function layoutGrid(sizes: readonly Size[], options: GridOptions = {}): GridLayout {
  const { gap = 8 } = options;
  const columnCount = Math.max(1, Math.min(options.columns ?? Math.ceil(Math.sqrt(sizes.length)), sizes.length));
  const tileRows = Array.from({ length: Math.ceil(sizes.length / columnCount) }, (_, row) => sizes.slice(row * columnCount, (row + 1) * columnCount));
  const widths = Array.from({ length: columnCount }, (_, column) => most(tileRows.map((row) => row[column]?.width ?? 0)));
  const columns = starts(widths, gap);
  const rows = starts(tileRows.map((row) => most(row.map(({ height }) => height))), gap);
  const tiles = sizes.map(({ width, height }, i): Rectangle => {
    const [x, columnWidth] = columns[i % columnCount]!;
    const [y, rowHeight] = rows[Math.floor(i / columnCount)]!;
    return { x: x + Math.floor((columnWidth - width) / 2), y: y + Math.floor((rowHeight - height) / 2), width, height };
  });
  const total = (parts: readonly (readonly [number, number])[]): number => parts.reduce((sum, [, length]) => sum + length + gap, gap);
  return { width: total(columns), height: total(rows), tiles, columns, rows };
}
