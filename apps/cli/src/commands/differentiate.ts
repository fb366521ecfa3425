import { realpath, stat } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { PellucidError, throwIfAborted, type BackwardRules, type OpKind } from '@pellucid/core';
import { readModelFile, writeModelFile } from '@pellucid/onnx-graph/files';
import { presentError } from '../command-line/present-error.ts';
import type { Terminal } from '../command-line/terminal.ts';
import { openOutputFolder } from '../output/output-folder.ts';
import { chooseRules } from '../plugins/choose-rules.ts';
import { findMethods } from '../plugins/find-methods.ts';

/** What `pellucid differentiate` may be told. */
export interface DifferentiateRequest {
  /** Names; `inputs`: every floating-point input. */
  readonly wrt: readonly string[];
  readonly of?: string | undefined;
  /** A method that goes by backward rules, or one of its presets. */
  readonly rules?: string | undefined;
  /** JSON: options of that method. */
  readonly options?: string | undefined;
  readonly straightThrough?: boolean | undefined;
  /** What a tensor that the output does not depend on gets: an error, or zeros. */
  readonly unreachable: 'error' | 'zero';
  readonly out: string;
}

/** A model and where its gradient goes, as the user writes the paths. */
interface Job {
  readonly model: string;
  readonly target: string;
}

function invalid(problem: string, help: string): PellucidError {
  return new PellucidError('REQUEST_INVALID', { action: 'differentiate', problem, help });
}

/** `--out` is a file for one model, unless it is a folder or does not end as a model does. */
async function listJobs(models: readonly string[], out: string, folder: string): Promise<readonly Job[]> {
  const existing = await stat(resolve(folder, out)).catch(() => undefined);
  const isFolder = existing?.isDirectory() === true || extname(out).toLowerCase() !== '.onnx';
  if (models.length > 1 && !isFolder) throw invalid(`\`--out ${out}\` is one file for ${models.length} models`, 'Give a folder.');
  const jobs = models.map((model) => ({ model, target: isFolder ? join(out, basename(model)) : out }));
  const twice = jobs.find(({ target }, i) => jobs.findIndex((job) => job.target === target) !== i);
  if (twice !== undefined) throw invalid(`two models are called \`${basename(twice.model)}\``, 'Differentiate them one by one.');
  return jobs;
}

/** The rules that were asked for, by the kinds of operations in a model. */
type Rules = ((kinds: ReadonlySet<OpKind>) => BackwardRules) | undefined;

async function findRules({ rules, options }: DifferentiateRequest, folder: string): Promise<Rules> {
  if (rules !== undefined) return chooseRules(await findMethods(folder), { name: rules, options });
  if (options === undefined) return undefined;
  throw invalid('`--options` are those of the rules, and no `--rules` are named', 'Name them, or leave the options out.');
}

async function differentiateOne(
  { model, target }: Job, { wrt, of, straightThrough, unreachable }: DifferentiateRequest, rules: Rules, terminal: Terminal,
): Promise<void> {
  const [from, to] = [resolve(terminal.folder, model), resolve(terminal.folder, target)];
  const same = (await realpath(to).catch(() => to)) === (await realpath(from).catch(() => from));
  if (same) throw invalid(`\`${target}\` is the model itself`, 'Write to another file or folder.');
  const { portableGradient } = await import('@pellucid/backend-onnxruntime');
  const options = {
    wrt: wrt.length === 1 && wrt[0] === 'inputs' ? ('inputs' as const) : wrt, of, rules, straightThrough,
    unreachable: unreachable === 'zero' ? unreachable : undefined,
  };
  const gradient = portableGradient(readModelFile(from, model).model, options);
  await writeModelFile(to, gradient.model);
  terminal.print(target);
  const { uncovered } = gradient;
  if (uncovered.length > 0) terminal.report(`pellucid: \`${target}\` keeps the true derivative of ${uncovered.join(', ')}: the rules do not cover them`);
}

/**
 * Writes, for each model, one that also computes gradients, and prints where. With several models a failure is reported and the rest go on.
 * @throws any of Pellucid's typed errors.
 */
export async function differentiateModels(models: readonly string[], request: DifferentiateRequest, terminal: Terminal): Promise<void> {
  const jobs = await listJobs(models, request.out, terminal.folder);
  const rules = await findRules(request, terminal.folder);
  const output = await openOutputFolder(dirname(resolve(terminal.folder, jobs[0]!.target)));
  let failed = 0;
  try {
    for (const job of jobs) {
      throwIfAborted(terminal.signal, 'the differentiation');
      try {
        await differentiateOne(job, request, rules, terminal);
      } catch (error) {
        const { status, message } = presentError(error);
        if (jobs.length === 1 || status === 1) throw error;
        failed++;
        terminal.report(message ?? String(error));
      }
    }
  } finally {
    await output.discard();
  }
  if (failed > 0) throw invalid(`${failed} of ${jobs.length} models could not be differentiated`, 'Each is named above.');
}
