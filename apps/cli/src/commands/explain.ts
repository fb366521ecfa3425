import { join, resolve } from 'node:path';
import { findLayer, type Method, type ModelAdapter } from '@pellucid/core';
import type { TargetRequest } from '../command-line/parse-values.ts';
import type { Terminal } from '../command-line/terminal.ts';
import { explainFiles, type ExplainedFiles, type InputResult } from '../results/explain-files.ts';
import { checkTargets, describeClass } from '../results/predictions.ts';
import { readLabels } from '../inputs/labels.ts';
import { listInputs, type InputFile } from '../inputs/list-inputs.ts';
import { openModel, type ModelRequest } from '../inputs/open-model.ts';
import { openSource } from '../inputs/input-source.ts';
import { openOutputFolder, type OutputFolder } from '../output/output-folder.ts';
import type { BookRequest } from '../output/picture-book.ts';
import { checkDrawing } from '../output/check-drawing.ts';
import { chooseMethods } from '../plugins/choose-methods.ts';
import { findMethods } from '../plugins/find-methods.ts';

/** What `pellucid explain` may be told. */
export interface ExplainRequest extends ModelRequest, BookRequest {
  /** Names of the methods. */
  readonly method: readonly string[];
  /** JSON. */
  readonly options?: string | undefined;
  readonly target: TargetRequest;
  readonly layer?: string | undefined;
  readonly seed: number;
  readonly preprocess?: string | undefined;
  readonly labels?: string | undefined;
  readonly out: string;
}

interface Work {
  readonly model: ModelAdapter;
  readonly methods: readonly Method[];
  readonly files: readonly InputFile[];
  readonly request: ExplainRequest;
  readonly output: OutputFolder;
  readonly terminal: Terminal;
}

/** Checks all that can be checked before the first pass through the model, then explains. */
async function explainWith({ model, methods, files, request, output, terminal }: Work): Promise<ExplainedFiles> {
  if (request.layer !== undefined) findLayer(model, request.layer);
  const labels = request.labels === undefined ? undefined : await readLabels(resolve(terminal.folder, request.labels), model.classes, request.labels);
  const source = await openSource(files, model, request.preprocess, terminal);
  checkTargets(request.target, source.samples, model);
  return explainFiles({ model, methods, source, output, terminal, target: request.target, seed: request.seed, labels, drawing: request, bound: request.bind ?? [] });
}

function printResult({ shown, predictions, files }: InputResult, folder: string, { print }: Terminal): void {
  predictions.forEach(({ predicted, explained }, sample) => {
    const name = predictions.length === 1 ? shown : `${shown}[${sample}]`;
    const difference = explained.class === predicted.class ? '' : `; explained: ${describeClass(explained)}, probability ${explained.probability.toFixed(4)}`;
    print(`${name}: ${describeClass(predicted)}, probability ${predicted.probability.toFixed(4)}${difference}`);
  });
  for (const file of files) print(`  ${join(folder, file)}`);
}

/**
 * Explains every input by every method and writes the results; prints what was written. On failure nothing of the run is left.
 * @throws any of Pellucid's typed errors.
 */
export async function explainInputs(modelPath: string, names: readonly string[], request: ExplainRequest, terminal: Terminal): Promise<void> {
  checkDrawing(request);
  const methods = chooseMethods(await findMethods(terminal.folder), { names: request.method, options: request.options, layer: request.layer });
  const files = await listInputs(names, terminal.folder);
  const output = await openOutputFolder(resolve(terminal.folder, request.out));
  let explained: ExplainedFiles;
  try {
    const model = await openModel(modelPath, request, terminal);
    try {
      explained = await explainWith({ model, methods, files, request, output, terminal });
    } finally {
      await model.dispose();
    }
    await output.commit();
  } catch (error) {
    await output.discard();
    throw error;
  }
  for (const result of explained.results) printResult(result, request.out, terminal);
  for (const picture of explained.pictures) terminal.print(join(request.out, picture));
}
