import { PellucidError } from '@pellucid/core';
import { fitText, textWidth, wrapText } from '../drawing/text.ts';
import { layoutGrid, type GridLayout } from '../grid/layout-grid.ts';
import type { Contour } from '../map/contours.ts';
import type { Pixels, Rgb } from '../pixels.ts';
import { drawLegend, LEAST_BAR, moveItems, type ColourLegend } from './colour-legend.ts';
import type { Figure } from './figure.ts';

/** One picture of a figure with what belongs to it. */
export interface Panel {
  readonly picture: Pixels;
  /** Above the picture. */
  readonly title?: string | undefined;
  /** Lines over the picture, in its own pixels. */
  readonly contours?: readonly Contour[] | undefined;
  /** A colour bar of its own, where panels have different scales. */
  readonly legend?: ColourLegend | undefined;
  /** What is seen, from `describe`. */
  readonly alternativeText?: string | undefined;
}

/** What a figure shows, and how it is set. */
export interface FigureOptions {
  /** Row by row; `undefined` leaves a place empty. */
  readonly panels: readonly (readonly (Panel | undefined)[])[];
  /** Above everything. */
  readonly title?: string | undefined;
  /** To the left of each row. */
  readonly rowHeads?: readonly string[] | undefined;
  /** Above each column. */
  readonly columnHeads?: readonly string[] | undefined;
  /** One colour bar for all panels, whose maps share its range. */
  readonly legend?: ColourLegend | undefined;
  /** Text below everything, broken into lines. */
  readonly caption?: string | undefined;
  /** Height of the letters' box in pixels. @defaultValue 14 */
  readonly fontSize?: number | undefined;
  /** Pixels between panels, and around everything. @defaultValue 8 */
  readonly gap?: number | undefined;
  /** @defaultValue white */
  readonly background?: Rgb | undefined;
  /** Of text, ticks and frames. @defaultValue nearly black */
  readonly ink?: Rgb | undefined;
}

type Items = Figure['items'][number][];
interface Style {
  readonly fontSize: number;
  readonly gap: number;
  readonly ink: Rgb;
}

/** Height of a line of text, in font sizes. */
const LINE = 1.4;
/** Height of the title's letters, in font sizes. */
const TITLE = 1.2;
/** The most that a title widens its column, and a row head the figure, in font sizes. */
const MOST_LETTERS = 24;
/** The tallest shared colour bar, in font sizes. */
const MOST_BAR = 28;

interface Cell {
  readonly width: number;
  readonly height: number;
  readonly items: Items;
}

const joinAlternatives = (parts: readonly (string | undefined)[]): string => parts.filter((part) => (part ?? '') !== '').join(' ');

const barHeightOf = ({ picture }: Panel, fontSize: number): number => Math.max(picture.height, LEAST_BAR * fontSize);

/** How much of a row is taken by titles, and how much by what is below them. */
function rowHeights(row: readonly (Panel | undefined)[], fontSize: number): readonly [title: number, below: number] {
  const panels = row.filter((panel) => panel !== undefined);
  const title = panels.some((panel) => (panel.title ?? '') !== '') ? Math.round(fontSize * LINE) : 0;
  return [title, Math.max(0, ...panels.map((panel) => (panel.legend === undefined ? panel.picture.height : barHeightOf(panel, fontSize))))];
}

/** What the widest colour bar of a column takes beside the pictures, which stand below each other whether they have one or not. */
function barSpace(column: readonly (Panel | undefined)[], { fontSize, gap, ink }: Style): number {
  const widths = column.flatMap((panel) => (panel?.legend === undefined ? [] : [gap + drawLegend(panel.legend, barHeightOf(panel, fontSize), fontSize, ink).width]));
  return Math.max(0, ...widths);
}

/** A panel with its title and colour bar, its upper left corner at 0, 0. */
function drawPanel(panel: Panel, [titleHeight, below]: readonly [number, number], beside: number, { fontSize, gap, ink }: Style): Cell {
  const { picture, title = '', contours = [], legend } = panel;
  const barHeight = barHeightOf(panel, fontSize);
  const bar = legend && drawLegend(legend, barHeight, fontSize, ink);
  const own = picture.width + beside;
  const width = Math.max(own, Math.ceil(Math.min(textWidth(title, fontSize), MOST_LETTERS * fontSize)));
  const left = Math.floor((width - own) / 2);
  const top = titleHeight + Math.floor((below - picture.height) / 2);
  const items: Items = [{ kind: 'picture', x: left, y: top, picture }];
  // A light line below a dark one can be seen on every colour.
  const lines = contours.flatMap((contour) => contour.lines);
  if (lines.length > 0) {
    items.push(...moveItems([{ kind: 'lines', lines, colour: [255, 255, 255], width: 2.5 }, { kind: 'lines', lines, colour: [20, 20, 20], width: 1.2 }], left, top));
  }
  if (bar !== undefined) items.push(...moveItems(bar.items, left + picture.width + gap, titleHeight + Math.floor((below - barHeight) / 2)));
  if (title !== '') {
    const text = fitText(title, width, fontSize);
    // Over the picture where it fits there, else over the bar as well.
    const middle = textWidth(text, fontSize) <= picture.width ? left + picture.width / 2 : width / 2;
    items.push({ kind: 'text', x: middle, y: titleHeight - fontSize * 0.4, text, fontSize, anchor: 'middle' });
  }
  return { width, height: titleHeight + below, items };
}

/** The panels in their places, and where that is. */
function drawPanels(panels: FigureOptions['panels'], columnHeads: readonly string[], style: Style): { layout: GridLayout; items: Items } {
  const columns = Math.max(1, ...panels.map((row) => row.length));
  const besides = Array.from({ length: columns }, (_, column) => barSpace(panels.map((row) => row[column]), style));
  const cells = panels.flatMap((row): Cell[] => {
    const heights = rowHeights(row, style.fontSize);
    return Array.from({ length: columns }, (_, column) => {
      const panel = row[column];
      const cell = panel === undefined ? { width: 0, height: 0, items: [] } : drawPanel(panel, heights, besides[column]!, style);
      const head = Math.ceil(Math.min(textWidth(columnHeads[column] ?? '', style.fontSize), MOST_LETTERS * style.fontSize));
      if (head <= cell.width) return cell;
      return { ...cell, width: head, items: [...moveItems(cell.items, Math.floor((head - cell.width) / 2), 0)] };
    });
  });
  const layout = layoutGrid(cells, { columns, gap: style.gap });
  return { layout, items: cells.flatMap((cell, i) => moveItems(cell.items, layout.tiles[i]!.x, layout.tiles[i]!.y)) };
}

/** Whether the heads of columns find room on the line of the first row's titles: no column has both. */
function headsAmongTitles({ panels: [first = []], columnHeads = [] }: FigureOptions): boolean {
  const titled = first.map((panel) => (panel?.title ?? '') !== '');
  return titled.includes(true) && !columnHeads.some((head, column) => head !== '' && titled[column] === true);
}

/** The heads of rows and columns around the panels, whose upper left corner is at `left`, `top`. */
function drawHeads({ rowHeads = [], columnHeads = [] }: FigureOptions, { rows, columns }: GridLayout, left: number, top: number, baseline: number, fontSize: number): Items {
  const across = columns.map(([x, width], i) => ({ text: fitText(columnHeads[i] ?? '', width, fontSize), x: left + x + width / 2, y: baseline - fontSize * 0.4, anchor: 'middle' as const }));
  const down = rows.map(([y, height], i) => ({ text: fitText(rowHeads[i] ?? '', MOST_LETTERS * fontSize, fontSize), x: left, y: top + y + height / 2 + fontSize * 0.36, anchor: 'end' as const }));
  return [...across, ...down].filter(({ text }) => text !== '').map((head) => ({ kind: 'text', fontSize, ...head }));
}

/** From where to where the pictures reach. */
function heightsOf(items: Items): readonly [from: number, to: number] {
  const pictures = items.filter((item) => item.kind === 'picture');
  return [Math.min(...pictures.map(({ y }) => y)), Math.max(...pictures.map(({ y, picture }) => y + picture.height))];
}

function describeFigure({ title, caption, panels, rowHeads = [], columnHeads = [] }: FigureOptions): string {
  const sentence = (text: string | undefined): string => (text === undefined || text === '' ? '' : /[.!?]$/.test(text) ? text : `${text}.`);
  const each = panels.flatMap((row, i) =>
    row.map((panel, j) => {
      const name = [rowHeads[i], columnHeads[j], panel?.title].filter((part) => (part ?? '') !== '').join(', ');
      return panel === undefined ? '' : joinAlternatives([name === '' ? '' : `${name}:`, panel.alternativeText ?? 'a picture.']);
    }),
  );
  return joinAlternatives([sentence(title), ...each, sentence(caption)]);
}

/**
 * Puts panels side by side with titles, heads of rows and columns, colour bars with their values and a caption: a figure for `figurePixels` or
 * `figureSvg`. Maps that are to be compared get the same `range`, from `sharedRange`, and the figure one `legend`; else each panel has its own.
 * @throws REQUEST_INVALID when there is no panel
 */
export function composeFigure(options: FigureOptions): Figure {
  const { panels, title = '', rowHeads = [], columnHeads = [], legend, caption = '' } = options;
  const { fontSize = 14, gap = 8, background = [255, 255, 255], ink = [34, 34, 34] } = options;
  if (!panels.some((row) => row.some((panel) => panel !== undefined))) {
    throw new PellucidError('REQUEST_INVALID', { action: 'compose a figure', problem: 'it has no panel', help: 'Give at least one.' });
  }
  const style = { fontSize, gap, ink };
  const { layout, items } = drawPanels(panels, columnHeads, style);
  const headWidth = Math.ceil(Math.min(Math.max(0, ...rowHeads.map((head) => textWidth(head, fontSize))), MOST_LETTERS * fontSize));
  const left = headWidth === 0 ? 0 : gap + headWidth;
  const titleHeight = title === '' ? 0 : Math.round(fontSize * TITLE * LINE);
  const line = columnHeads.some((head) => head !== '') ? Math.round(fontSize * LINE) : 0;
  const amongTitles = headsAmongTitles(options);
  const top = titleHeight + (amongTitles ? 0 : line);
  // The bar stands beside the pictures, not beside what is above them.
  const [from, to] = heightsOf(items);
  const barHeight = Math.round(Math.max(LEAST_BAR * fontSize, Math.min(to - from, MOST_BAR * fontSize)));
  const bar = legend === undefined ? undefined : drawLegend(legend, barHeight, fontSize, ink);
  const width = Math.ceil(left + layout.width + (bar === undefined ? 0 : bar.width + gap));
  const barTop = top + Math.max(gap, Math.round((from + to - barHeight) / 2));
  const bottom = Math.ceil(Math.max(top + layout.height, bar === undefined ? 0 : barTop + barHeight + gap));
  const lines = wrapText(caption, width - 2 * gap, fontSize);
  const all: Items = [...moveItems(items, left, top), ...drawHeads(options, layout, left, top, top + gap + (amongTitles ? line : 0), fontSize)];
  if (bar !== undefined) all.push(...moveItems(bar.items, left + layout.width, barTop));
  if (title !== '') {
    const text = fitText(title, width - 2 * gap, fontSize * TITLE);
    all.push({ kind: 'text', x: width / 2, y: Math.round(gap / 2 + fontSize * TITLE), text, fontSize: fontSize * TITLE, anchor: 'middle' });
  }
  lines.forEach((text, i) => {
    all.push({ kind: 'text', x: gap, y: bottom + fontSize * (0.9 + i * LINE), text, fontSize, anchor: 'start' });
  });
  const captionHeight = lines.length === 0 ? 0 : Math.ceil(fontSize * LINE * lines.length) + gap;
  return { width, height: bottom + captionHeight, background, ink, items: all, alternativeText: describeFigure(options) };
}
