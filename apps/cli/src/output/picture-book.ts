import { batchSize, type Explanation, type Layout } from '@pellucid/core';
import { grid, type Pixels } from '@pellucid/render';
import type { ReadInput } from '../inputs/input-source.ts';
import type { Prediction } from '../results/predictions.ts';
import { drawInput, drawMap } from './draw-map.ts';
import { encodeGridPng, encodePng, scaleToWidth } from './encode-png.ts';

/** What is drawn of an input. */
export interface DrawnMap {
  /** The method's. */
  readonly title: string;
  readonly explanation: Explanation;
  /** Whether both signs have a meaning. */
  readonly isSigned: boolean;
}

/** Collects the pictures of a run: one file per input and method, and a page with all of them, small. */
export interface PictureBook {
  /** Starts the rows of an input on the page, one per sample. */
  readonly begin: (input: ReadInput, predictions: readonly Prediction[]) => Promise<void>;
  /** The PNG file of an explanation: the map over the input, side by side for several samples. Undefined for what is no image. */
  readonly draw: (input: ReadInput, map: DrawnMap) => Promise<Uint8Array | undefined>;
  /** The PNG file of the page; undefined when nothing on it can be drawn. */
  readonly page: () => Promise<Uint8Array | undefined>;
}

/** Width of a tile of the page, in pixels. */
const TILE = 176;
const FONT_SIZE = 12;
/** More samples would make a page that nobody can read, nor memory hold. */
const MOST_ROWS = 200;
/** Samples of a batch in one picture. */
const MOST_SAMPLES = 64;
/** Width of the page by its height that rows are wrapped for. */
const ASPECT = 1.4;

interface Tile {
  readonly picture: Pixels;
  readonly title: string;
}

/** The explained class in a few words. */
function titleOf({ predicted, explained }: Prediction): string {
  const { class: index, label, probability } = explained;
  const name = label?.split(',', 1)[0] ?? `class ${index}`;
  return `${name}, ${(100 * probability).toFixed(0)} %${index === predicted.class ? '' : ' (asked for)'}`;
}

/** Tiles row by row; several rows stand beside each other so that the page is no long strip. */
function layOut(rows: readonly (readonly Tile[])[]): { readonly tiles: readonly Tile[]; readonly columns: number } {
  const width = Math.max(...rows.map((row) => row.length));
  const beside = Math.max(1, Math.min(rows.length, Math.round(Math.sqrt((ASPECT * rows.length) / width))));
  return { tiles: rows.flat(), columns: beside * width };
}

/** Opens an empty book for inputs of this layout. */
export function openPictureBook(layout: Layout): PictureBook {
  const rows = new Map<string, Tile[]>();
  const rowOf = ({ file }: ReadInput, sample: number): string => `${file.stem}[${sample}]`;
  return {
    begin: async (input, predictions) => {
      for (const [sample, picture] of drawInput(input, layout, Math.max(0, MOST_ROWS - rows.size)).entries()) {
        rows.set(rowOf(input, sample), [{ picture: await scaleToWidth(picture, TILE), title: titleOf(predictions[sample]!) }]);
      }
    },
    draw: async (input, { title, explanation, isSigned }) => {
      const overlays: Pixels[] = [];
      for (const [sample, picture] of drawInput(input, layout, Math.min(batchSize(explanation.values), MOST_SAMPLES)).entries()) {
        const drawn = drawMap(explanation, sample, picture, isSigned);
        if (drawn === undefined) return undefined;
        overlays.push(drawn);
        rows.get(rowOf(input, sample))?.push({ picture: await scaleToWidth(drawn, TILE), title });
      }
      const [first, ...others] = overlays;
      if (first === undefined) return undefined;
      return encodePng(others.length === 0 ? first : grid(overlays));
    },
    page: async () => {
      if (rows.size === 0) return undefined;
      const { tiles, columns } = layOut([...rows.values()]);
      const options = { columns, fontSize: FONT_SIZE, titles: tiles.map(({ title }) => title) };
      const pictures = tiles.map(({ picture }) => picture);
      return encodeGridPng(grid(pictures, options), pictures, options);
    },
  };
}
