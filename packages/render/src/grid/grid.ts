import { placePicture } from '../figure/figure-pixels.ts';
import { blank, type Pixels, type Rgb } from '../pixels.ts';
import { layoutGrid, type GridOptions } from './layout-grid.ts';

/** How a grid looks. */
export interface GridPictureOptions extends GridOptions {
  /** @defaultValue white */
  readonly background?: Rgb | undefined;
}

/** Puts pictures side by side, row by row, without any text; `composeFigure` adds titles and scales. Transparent pixels show the background. */
export function grid(tiles: readonly Pixels[], { background, ...options }: GridPictureOptions = {}): Pixels {
  const { width, height, tiles: places } = layoutGrid(tiles, options);
  const picture = blank(width, height, background);
  tiles.forEach((tile, i) => {
    placePicture(picture, { kind: 'picture', picture: tile, x: places[i]!.x, y: places[i]!.y });
  });
  return picture;
}
