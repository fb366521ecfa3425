import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { decodeNpy, imageGeometry, isSpatial, PellucidError, type Layout } from '@pellucid/core';
import { loadImage } from '@pellucid/datasets';
import { areFarFromZero, evolution, farEnds, imagePixels, type Moment, type Pixels, type ScaleName, type Sign } from '@pellucid/render';
import type { Terminal } from '../command-line/terminal.ts';
import { fileProblem } from '../inputs/file-problem.ts';
import { checkDrawing } from '../output/check-drawing.ts';
import { encodeFigures } from '../output/encode-figure.ts';
import { openOutputFolder } from '../output/output-folder.ts';

/** What `pellucid animate` may be told. */
export interface AnimateRequest {
  readonly sign?: Sign | undefined;
  readonly outliers?: number | undefined;
  readonly scale?: ScaleName | undefined;
  readonly range?: number | undefined;
  readonly image?: readonly string[] | undefined;
  readonly sample: readonly number[];
  /** Milliseconds. */
  readonly delay: number;
  readonly out?: string | undefined;
}

/** `epoch-003.grad-cam.npy`: what comes before the last dot but one, and the method. */
const MAP_FILE = /^(.+)\.([^.]+)\.npy$/;

const LAYOUTS: readonly Layout[] = ['NCHW', 'NHWC'];

async function read(path: string, what: string, help: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new PellucidError('DATA_MISSING', { what, where: path, problem: fileProblem(cause), help }, { cause });
  }
}

/** The layout of a map from the record beside it. */
async function readLayout(path: string): Promise<Layout> {
  const bytes = await read(path, 'the record of a map', 'The .json that was written with a map says how its axes lie.');
  const fail = (problem: string): never => {
    throw new PellucidError('DATA_INVALID', { file: path, format: 'the record of a map', problem, help: 'Give a folder of maps as `explainEpochs` or `pellucid explain` write them.' });
  };
  let record: unknown;
  try {
    record = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return fail('it is not JSON');
  }
  const layout = typeof record === 'object' && record !== null && 'layout' in record ? record.layout : undefined;
  return LAYOUTS.find((known) => known === layout) ?? fail(`its \`layout\` is ${JSON.stringify(layout)}, not ${LAYOUTS.join(' or ')}`);
}

/** The maps in a folder by method, each in the order of its names: `epoch-9` before `epoch-10`. */
async function readMoments(folder: string, shown: string): Promise<ReadonlyMap<string, readonly Moment[]>> {
  let names: readonly string[];
  try {
    names = await readdir(folder);
  } catch (cause) {
    throw new PellucidError('DATA_MISSING', { what: 'the maps', where: shown, problem: fileProblem(cause), help: 'Check the path.' }, { cause });
  }
  const methods = new Map<string, Moment[]>();
  const order = new Intl.Collator('en', { numeric: true });
  for (const name of [...names].sort((a, b) => order.compare(a, b))) {
    const [, stem, method] = MAP_FILE.exec(name) ?? [];
    if (stem === undefined || method === undefined) continue;
    const path = join(folder, name);
    const values = decodeNpy(await read(path, 'the map', 'Check that it can be read.'), join(shown, name));
    const layout = await readLayout(join(folder, `${stem}.${method}.json`));
    const label = stem.replace(/^epoch-0*(\d+)$/, 'epoch $1');
    methods.set(method, [...(methods.get(method) ?? []), { values, layout, label }]);
  }
  if (methods.size > 0) return methods;
  const help = 'Give the folder that `explainEpochs` wrote to (`out`).';
  throw new PellucidError('DATA_MISSING', { what: 'maps', where: shown, problem: 'it has no file `<name>.<method>.npy`', help });
}

/** The pictures that lie below the maps, of the maps' size. */
async function readImages(files: readonly string[], { values, layout }: Moment, { folder }: Terminal): Promise<Pixels[]> {
  if (!isSpatial(layout)) return [];
  const { height, width } = imageGeometry(values.shape, layout);
  const spec = { name: 'picture', shape: [null, height, width, 3], layout: 'NHWC' as const };
  return Promise.all(files.map(async (file) => imagePixels(await loadImage(resolve(folder, file), spec, { scale: 1 }, file), 'NHWC', 0, { min: 0, max: 255 })));
}

/**
 * Animates the maps in a folder, one animation per method, and prints what was written. On failure nothing of the run is left.
 * @throws any of Pellucid's typed errors.
 */
export async function animateMaps(folder: string, request: AnimateRequest, terminal: Terminal): Promise<void> {
  const { image, sample: samples, delay, sign, outliers, scale, range, out = folder } = request;
  if (scale !== undefined) checkDrawing({ view: 'overlay', sign, scale });
  const methods = await readMoments(resolve(terminal.folder, folder), folder);
  const output = await openOutputFolder(resolve(terminal.folder, out));
  const written: string[] = [];
  try {
    for (const [method, moments] of methods) {
      const images = image && (await readImages(image, moments[0]!, terminal));
      const isSigned = moments.some(({ values }) => values.data.some((value) => value < 0));
      const maps = moments.flatMap(({ values, layout }) => samples.map((number) => ({ values, layout, sample: number })));
      const few = { sign, outlierPercentile: outliers ?? 2 };
      const ends = range === undefined && sign !== 'all' && areFarFromZero(maps, few) ? farEnds(maps, few) : undefined;
      const shown = sign ?? (isSigned ? 'all' : 'positive');
      const { frames, alternativeText } = evolution(moments, {
        samples, images, title: method, range, outlierPercentile: outliers ?? (isSigned ? 10 : 2),
        sign: shown, scale: scale ?? (shown === 'all' && ends === undefined ? 'RdBu' : 'inferno'), ...ends,
      });
      const { webp, gif } = await encodeFigures(frames, delay);
      const text = `${JSON.stringify({ alternativeText, frames: moments.map(({ label }) => label) }, null, 2)}\n`;
      for (const [ending, content] of [['webp', webp], ['gif', gif], ['json', text]] as const) {
        await output.stage(`animation.${method}.${ending}`, content);
        written.push(`animation.${method}.${ending}`);
      }
    }
    await output.commit();
  } catch (error) {
    await output.discard();
    throw error;
  }
  for (const name of written) terminal.print(join(out, name));
}
