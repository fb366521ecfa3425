import {
  batchSize, concatBatches, encodeNpy, explain, PellucidError, sizeOf, type Method, type ModelAdapter, type Tensor,
} from '@pellucid/core';
import type { TargetRequest } from '../command-line/parse-values.ts';
import { showProgress } from '../command-line/progress.ts';
import type { Terminal } from '../command-line/terminal.ts';
import type { Binding } from '../inputs/bindings.ts';
import { groupInputs } from '../inputs/group-inputs.ts';
import type { InputSource, ReadInput } from '../inputs/input-source.ts';
import type { OutputFolder } from '../output/output-folder.ts';
import { mapKind, openPictureBook, sharedEnds, type BookRequest, type DrawnMap, type PictureBook } from '../output/picture-book.ts';
import { predict, type Prediction } from './predictions.ts';
import { splitExplanation } from './split-explanation.ts';

/** What came of an input. */
export interface InputResult {
  /** The path as the user wrote it. */
  readonly shown: string;
  /** One per sample. */
  readonly predictions: readonly Prediction[];
  /** Names of the files written, inside the folder for the results. */
  readonly files: readonly string[];
}

/** What came of a run. */
export interface ExplainedFiles {
  readonly results: readonly InputResult[];
  /** Names of the files that show several inputs or methods: the page and animations. */
  readonly pictures: readonly string[];
}

/** All that a run needs. */
export interface ExplainWork {
  readonly model: ModelAdapter;
  readonly methods: readonly Method[];
  readonly source: InputSource;
  readonly output: OutputFolder;
  readonly terminal: Terminal;
  readonly target: TargetRequest;
  readonly seed: number;
  readonly labels: readonly string[] | undefined;
  readonly drawing: BookRequest;
  /** Where the values of the model's other inputs came from. */
  readonly bound: readonly Binding[];
}

const PAGE = 'grid';
const LARGEST_GROUP = 16;
const GROUP_BYTES = 64 * 2 ** 20;

/** Whether a method compares samples with what stands for the data, which is all inputs of the run. */
const usesReferences = ({ options }: Method): boolean => options['baseline'] === 'mean' || options['baseline'] === 'references';

/** A sample that is its own reference would differ from it nowhere. */
function checkReferences(methods: readonly Method[], samples: number): void {
  const method = samples > 1 ? undefined : methods.find(usesReferences);
  if (method === undefined) return;
  throw new PellucidError('REQUEST_INVALID', {
    action: `run \`${method.description.name}\` with the baseline \`${String(method.options['baseline'])}\``,
    problem: 'the inputs of the run are what it compares with, and there is one',
    help: 'Give several inputs, or another baseline, such as `--options \'{"baseline":"zero"}\'`.',
  });
}

const needsAll = (method: Method): boolean => method.description.kind === 'batch' || usesReferences(method);

/** How many samples are in memory at once. */
function groupSize({ model, methods, drawing }: ExplainWork): number {
  if (drawing.range === 'shared' || methods.some(needsAll)) return Infinity;
  const bytes = 4 * sizeOf(model.input.shape.slice(1).map((length) => length ?? 1));
  return Math.min(Math.max(Math.floor(GROUP_BYTES / bytes), 1), LARGEST_GROUP);
}

interface Part {
  readonly input: ReadInput;
  readonly predictions: readonly Prediction[];
  readonly files: string[];
}

/** The inputs of a group, each with the predictions of its own samples. */
function makeParts(inputs: readonly ReadInput[], predictions: readonly Prediction[]): Part[] {
  let start = 0;
  return inputs.map((input) => {
    const end = start + batchSize(input.values);
    const part = { input, predictions: predictions.slice(start, end), files: [] };
    start = end;
    return part;
  });
}

/** Writes the files of an input and a method; pictures only where they can be drawn. */
async function writePart(part: Part, map: DrawnMap, { output, bound }: Pick<ExplainWork, 'output' | 'bound'>, pictures: PictureBook): Promise<void> {
  const { input, predictions, files } = part;
  const { values, provenance } = map.explanation;
  const base = `${input.file.stem}.${provenance.method}`;
  const drawn = await pictures.draw(input, map);
  const source = { file: input.file.shown, preprocessing: input.preprocessing };
  const others = bound.length > 0 && { bound: Object.fromEntries(bound.map(({ name, file }) => [name, file])) };
  const record = { ...provenance, shape: values.shape, input: source, ...others, predictions, ...(drawn && { pictures: drawn.descriptions }) };
  const write = async (ending: string, content: Uint8Array | string): Promise<void> => {
    await output.stage(`${base}.${ending}`, content);
    files.push(`${base}.${ending}`);
  };
  await write('npy', encodeNpy(values));
  await write('json', `${JSON.stringify(record, null, 2)}\n`);
  for (const { ending, content } of drawn?.files ?? []) await write(ending, content);
}

/** Explains the inputs of a group by every method and stages the results. */
async function explainGroup(work: ExplainWork, parts: readonly Part[], batch: Tensor, pictures: PictureBook, update: ProgressUpdate): Promise<void> {
  const { model, methods, terminal, seed } = work;
  for (const part of parts) await pictures.begin(part.input, part.predictions);
  for (const [position, method] of methods.entries()) {
    const { name, title } = method.description;
    const explanation = await explain(model, method, {
      input: batch,
      targets: parts.flatMap(({ predictions }) => predictions.map(({ explained }) => explained.class)),
      seed,
      signal: terminal.signal,
      ...(usesReferences(method) && { references: batch }),
      onProgress: (done, total) => {
        update(position + done / total, name);
      },
    });
    const kind = mapKind(explanation, method.description, work.drawing);
    const ends = sharedEnds(explanation, kind, work.drawing);
    let start = 0;
    for (const part of parts) {
      const end = start + batchSize(part.input.values);
      await writePart(part, { name, title, ends, ...kind, explanation: splitExplanation(explanation, start, end) }, work, pictures);
      start = end;
    }
    update(position + 1, name);
  }
}

/** Called with the methods done so far in the group, and the name of the present one. */
type ProgressUpdate = (methods: number, name: string) => void;

/** Explains all inputs, group by group, and stages the results. @throws REQUEST_INVALID where a method needs several, and what `explain` throws. */
export async function explainFiles(work: ExplainWork): Promise<ExplainedFiles> {
  const { model, methods, source, output, terminal, target, labels, drawing } = work;
  checkReferences(methods, source.samples);
  const results: InputResult[] = [];
  const pictures = openPictureBook(model.input.layout, drawing);
  const progress = showProgress(source.samples * methods.length, terminal);
  let first = 0;
  try {
    for (const group of groupInputs(source.inputs, groupSize(work))) {
      const inputs = await Promise.all(group.map((input) => source.read(input)));
      const batch = concatBatches(inputs.map(({ values }) => values));
      const samples = batchSize(batch);
      const parts = makeParts(inputs, await predict(model, batch, { target, first, labels }));
      const done = first * methods.length;
      await explainGroup(work, parts, batch, pictures, (count, name) => {
        progress.update(done + count * samples, name);
      });
      results.push(...parts.map(({ input, predictions, files }) => ({ shown: input.file.shown, predictions, files })));
      first += samples;
    }
  } finally {
    progress.stop();
  }
  const files = source.samples > 1 || methods.length > 1 ? (await pictures.page()).map((file) => ({ name: `${PAGE}.${file.ending}`, ...file })) : [];
  const animations = (await pictures.animations()).map((file) => ({ name: `animation.${file.method}.${file.ending}`, ...file }));
  for (const { name, content } of [...files, ...animations]) await output.stage(name, content);
  return { results, pictures: [...files, ...animations].map(({ name }) => name) };
}
