import { blank, type Pixels, type Rgb } from '../pixels.ts';
import { layoutGrid, type GridOptions } from './layout-grid.ts';

/** How a grid looks. */
export interface GridPictureOptions extends GridOptions {
  /** @defaultValue white */
  readonly background?: Rgb | undefined;
}

/**
 * Puts pictures side by side, row by row. Titles get their room but are not drawn: lay the text of {@link labelsSvg} over the grid.
 * Transparent pixels show the background.
 */
export function grid(tiles: readonly Pixels[], { background, ...options }: GridPictureOptions = {}): Pixels {
  const layout = layoutGrid(tiles, options);
  const picture = blank(layout.width, layout.height, background);
  tiles.forEach((tile, i) => {
    const { x, y } = layout.cells[i]!.tile;
    for (let pixel = 0; pixel < tile.width * tile.height; pixel++) {
      const column = pixel % tile.width;
      const target = ((y + (pixel - column) / tile.width) * layout.width + x + column) * 4;
      const share = tile.data[pixel * 4 + 3]! / 255;
      for (let channel = 0; channel < 3; channel++) {
        picture.data[target + channel] = picture.data[target + channel]! * (1 - share) + tile.data[pixel * 4 + channel]! * share;
      }
    }
  });
  return picture;
}
