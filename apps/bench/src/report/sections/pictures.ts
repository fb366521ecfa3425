import { captionedTable, html, type Markup } from '../markup.ts';
import type { Example } from '../pictures.ts';

/** Example maps of one network. */
export interface ExampleSet {
  readonly dataset: string;
  readonly model: string;
  readonly backend: string;
  readonly methods: readonly string[];
  readonly examples: readonly Example[];
}

/** The recorded map of a training, over its epochs. */
export interface RecordPicture {
  readonly title: string;
  readonly url: string;
  /** The same, moving. */
  readonly animation: string | null;
}

const picture = (url: string | null, name: string): Markup => (url === null ? html`none` : html`<img class="pixels" src="${url}" alt="${name}" width="64" height="64">`);

function examplesMarkup({ dataset, model, backend, methods, examples }: ExampleSet): Markup {
  if (examples.length === 0) return html``;
  const rows = methods.flatMap((method, i) => (examples.every(({ maps }) => (maps[i] ?? null) === null) ? [] : [[
    method, ...examples.map(({ className, maps }) => picture(maps[i] ?? null, `${method} for ${className}`)),
  ]]));
  return html`<details><summary>${model} on ${dataset}, ${backend}</summary>${captionedTable(['method', ...examples.map(({ className, image }, i) => html`${picture(image, `image ${i + 1}: ${className}`)}${className}`)], rows, {
    caption: `Maps over the images: ${model} on ${dataset}, ${backend}. Red speaks for the class, blue against it.`,
  })}</details>`;
}

/** Samples with the maps of every method. */
export const galleryMarkup = (sets: readonly ExampleSet[]): Markup => html`${sets.map(examplesMarkup)}`;

/** Maps over the epochs of a training; where motion is not wanted, a still picture. */
export const evolutionMarkup = (records: readonly RecordPicture[]): Markup => html`${records.map(({ title, url, animation }) => html`<figure><picture>${
  animation === null ? html`` : html`<source media="(prefers-reduced-motion: no-preference)" srcset="${animation}">`}<img src="${url}" alt="${title}"></picture><figcaption>${title}</figcaption></figure>`)}`;
