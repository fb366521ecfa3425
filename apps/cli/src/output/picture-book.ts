import { batchSize, imageGeometry, isSpatial, type Explanation, type Layout, type MethodDescription, type Tensor } from '@pellucid/core';
import { scaleToWidth } from '@pellucid/datasets';
import { composeFigure, figurePixels, grid, type ColourEnds, type ColourLegend, type Figure, type Panel, type Pixels } from '@pellucid/render';
import type { ReadInput } from '../inputs/input-source.ts';
import type { Prediction } from '../results/predictions.ts';
import { beginFarFromZero, drawInput, drawMap, endsOf, hasSigns, sampleMap, type DrawingRequest, type DrawnPicture, type MapKind } from './draw-map.ts';
import { encodeFigures, encodeOnWhite, encodeSvg } from './encode-figure.ts';

/** What pictures of a run are wanted. */
export interface BookRequest extends Omit<DrawingRequest, 'range' | 'low'> {
  /** The value of full colour; `shared`: that of the strongest among all maps that a method gave together. */
  readonly range?: number | 'shared' | undefined;
  /** Figures with titles and scales as SVG files, too. */
  readonly svg?: boolean | undefined;
  /** One animation per method over all samples. */
  readonly animate?: boolean | undefined;
}

/** A method's maps, and how they are drawn. */
export interface DrawnMap extends MapKind {
  readonly name: string;
  /** The method's. */
  readonly title: string;
  readonly explanation: Explanation;
  /** The values of no and of full colour, where they are not each map's own. */
  readonly ends: ColourEnds | undefined;
}

const mapsOf = (explanation: Explanation): Tensor[] =>
  Array.from({ length: batchSize(explanation.values) }, (_, sample) => sampleMap(explanation, sample)).filter((map) => map !== undefined);

/** The ends of the colours that the request gives to the maps of an explanation; undefined where each has its own. */
export function sharedEnds(explanation: Explanation, kind: MapKind, { range, ...request }: BookRequest): ColourEnds | undefined {
  if (range === undefined) return undefined;
  if (range !== 'shared') return { range };
  const maps = kind.isColourField ? [] : mapsOf(explanation);
  return maps.length === 0 ? undefined : endsOf(maps, explanation.provenance.layout, kind, request);
}

/** How all maps that a method gave together are drawn. */
export function mapKind(explanation: Explanation, { kind }: MethodDescription, { range, ...request }: BookRequest): MapKind {
  const { values, provenance: { layout, layer } } = explanation;
  const isImage = isSpatial(layout) && values.shape.length === 4;
  // The three channels of a map that no layer gave are those of the input.
  const isColourField = kind === 'batch' && layer !== undefined && isImage && imageGeometry(values.shape, layout).channels === 3;
  // A range that is given is one from zero on.
  const given = range === 'shared' ? undefined : range;
  return { isSigned: hasSigns(explanation), isFarFromZero: !isColourField && beginFarFromZero(mapsOf(explanation), layout, { ...request, range: given }), isColourField, isOfLayer: layer !== undefined };
}

/** A file of pictures. */
export interface PictureFile {
  /** Behind the name of what it shows. */
  readonly ending: string;
  readonly content: Uint8Array | string;
}

/** The pictures of an input and a method. */
export interface DrawnFiles {
  readonly files: readonly PictureFile[];
  /** One sample after the other: what is seen, and what the colours mean; the record has room for no pixels. */
  readonly descriptions: readonly { readonly alternativeText: string; readonly legend?: ColourLegend | undefined }[];
}

/** Collects the pictures of a run: files for each input and method, a page with all of them, small, and animations. */
export interface PictureBook {
  /** Starts the rows of an input on the page, one per sample. */
  readonly begin: (input: ReadInput, predictions: readonly Prediction[]) => Promise<void>;
  /** The files of an explanation: the maps over the input, side by side for several samples. Undefined for what is no image. */
  readonly draw: (input: ReadInput, map: DrawnMap) => Promise<DrawnFiles | undefined>;
  /** The files of the page; none when nothing on it can be drawn. */
  readonly page: () => Promise<readonly PictureFile[]>;
  /** The files of the animations, by the names of the methods. */
  readonly animations: () => Promise<readonly (PictureFile & { readonly method: string })[]>;
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
/** Milliseconds of each frame. */
const DELAY = 700;

interface Row {
  readonly title: string;
  readonly panels: Panel[];
}

interface Frame {
  readonly map: Tensor;
  readonly layout: Layout;
  readonly picture: Pixels;
  readonly title: string;
}

interface Sequence {
  readonly title: string;
  readonly kind: MapKind;
  readonly request: DrawingRequest;
  readonly frames: Frame[];
}

/** The height of letters beside a picture: as large in print, however many pixels it has. */
const lettersFor = ({ width }: Pixels): number => Math.max(14, Math.round(width / 32));

/** The explained class in a few words. */
function titleOf({ predicted, explained }: Prediction): string {
  const { class: index, label, probability } = explained;
  const name = label?.split(',', 1)[0] ?? `class ${index}`;
  return `${name}, ${(100 * probability).toFixed(0)} %${index === predicted.class ? '' : ' (asked for)'}`;
}

/** The page: a row per sample, the methods in columns; several rows stand beside each other so that the page is no long strip. */
function composePage(rows: readonly Row[], heads: readonly string[]): Figure {
  const width = 1 + heads.length;
  const beside = Math.max(1, Math.min(rows.length, Math.round(Math.sqrt((ASPECT * rows.length) / width))));
  const panels = Array.from({ length: Math.ceil(rows.length / beside) }, (_, line) =>
    rows.slice(line * beside, (line + 1) * beside).flatMap((row) => Array.from({ length: width }, (_, column) => row.panels[column])),
  );
  const columnHeads = Array.from({ length: beside }, () => ['', ...heads]).flat();
  return composeFigure({ panels, columnHeads, fontSize: FONT_SIZE });
}

/** Both kinds of animation of a method's maps, in one scale. */
async function animate({ title, kind, frames, request }: Sequence): Promise<readonly PictureFile[]> {
  const layout = frames[0]!.layout;
  const ends = kind.isColourField ? { range: 0 } : endsOf(frames.map(({ map }) => map), layout, kind, request);
  const drawn = frames.map((frame) => drawMap(frame.map, frame.layout, frame.picture, kind, { ...request, ...ends }));
  // One legend for all frames, so that nothing moves.
  const cut = drawn.some(({ legend }) => legend?.cut === true);
  const figures = drawn.map(({ legend, ...panel }, i) =>
    composeFigure({ panels: [[panel]], title: `${title}: ${frames[i]!.title}`, legend: legend && { ...legend, cut }, fontSize: lettersFor(panel.picture) }),
  );
  const { webp, gif } = await encodeFigures(figures, DELAY);
  const text = { frames: figures.map(({ alternativeText }) => alternativeText) };
  return [{ ending: 'webp', content: webp }, { ending: 'gif', content: gif }, { ending: 'json', content: `${JSON.stringify(text, null, 2)}\n` }];
}

/** The files of one input and method. */
async function encodeMap(drawn: readonly DrawnPicture[], titles: readonly string[], title: string, svg: boolean): Promise<DrawnFiles> {
  const figure = (panels: readonly Panel[]): Figure => {
    const columns = Math.ceil(Math.sqrt(panels.length));
    const rows = Array.from({ length: Math.ceil(panels.length / columns) }, (_, row) => panels.slice(row * columns, (row + 1) * columns));
    return composeFigure({ panels: rows, title, fontSize: lettersFor(drawn[0]!.picture) });
  };
  const titled = drawn.map((panel, sample) => ({ ...panel, title: titles[sample] }));
  // A single map keeps the picture's own pixels, so that it can be laid over the image; contours are drawn into it.
  const [only] = drawn;
  const pixels = drawn.length === 1 && only !== undefined
    ? figurePixels(composeFigure({ panels: [[{ picture: only.picture, contours: only.contours }]], gap: 0 }))
    : grid(drawn.map(({ picture, contours }) => figurePixels(composeFigure({ panels: [[{ picture, contours }]], gap: 0 }))));
  return {
    files: [{ ending: 'png', content: await encodeOnWhite(pixels) }, ...(svg ? [{ ending: 'svg', content: await encodeSvg(figure(titled)) }] : [])],
    descriptions: drawn.map(({ alternativeText, legend }) => ({ alternativeText, ...(legend && { legend }) })),
  };
}

/** Opens an empty book for inputs of this layout. */
export function openPictureBook(layout: Layout, request: BookRequest): PictureBook {
  const rows = new Map<string, Row>();
  const heads: string[] = [];
  const sequences = new Map<string, Sequence>();
  const rowOf = ({ file }: ReadInput, sample: number): Row | undefined => rows.get(`${file.stem}[${sample}]`);
  return {
    begin: async (input, predictions) => {
      for (const [sample, picture] of drawInput(input, layout, Math.max(0, MOST_ROWS - rows.size)).entries()) {
        const title = titleOf(predictions[sample]!);
        const panel = { picture: await scaleToWidth(picture, TILE), title, alternativeText: `the image \`${input.file.shown}\`.` };
        rows.set(`${input.file.stem}[${sample}]`, { title, panels: [panel] });
      }
    },
    draw: async (input, { name, title: method, explanation, ends, ...kind }) => {
      // Colours of one sign look alike: the title says which it is.
      const title = request.sign === undefined || request.sign === 'all' || kind.isColourField ? method : `${method} (${request.sign})`;
      const drawing: DrawingRequest = { ...request, range: ends?.range, low: ends?.low };
      const drawn: DrawnPicture[] = [];
      const titles: string[] = [];
      const isNew = !heads.includes(title);
      const mapLayout = explanation.provenance.layout;
      for (const [sample, picture] of drawInput(input, layout, Math.min(batchSize(explanation.values), MOST_SAMPLES)).entries()) {
        const map = sampleMap(explanation, sample);
        if (map === undefined) return undefined;
        const panel = drawMap(map, mapLayout, picture, kind, drawing);
        drawn.push(panel);
        const row = rowOf(input, sample);
        titles.push(row?.title ?? '');
        row?.panels.push({ picture: await scaleToWidth(figurePixels(composeFigure({ panels: [[{ ...panel, legend: undefined }]], gap: 0 })), TILE), legend: panel.legend, alternativeText: panel.alternativeText });
        if (request.animate !== true || row === undefined) continue;
        const sequence = sequences.get(name) ?? { title, kind, request: drawing, frames: [] };
        sequence.frames.push({ map, layout: mapLayout, picture, title: row.title });
        sequences.set(name, sequence);
      }
      if (drawn.length === 0) return undefined;
      if (isNew) heads.push(title);
      return encodeMap(drawn, titles, title, request.svg === true);
    },
    page: async () => {
      if (rows.size === 0) return [];
      const figure = composePage([...rows.values()], heads);
      const png = { ending: 'png', content: await encodeOnWhite(figurePixels(figure)) };
      return request.svg === true ? [png, { ending: 'svg', content: await encodeSvg(figure) }] : [png];
    },
    animations: async () => {
      const all: (PictureFile & { readonly method: string })[] = [];
      for (const [method, sequence] of sequences) all.push(...(await animate(sequence)).map((file) => ({ ...file, method })));
      return all;
    },
  };
}
