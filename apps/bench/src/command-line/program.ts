import { resolve } from 'node:path';
import { isPellucidError } from '@pellucid/core';
import { PUBLICATIONS } from '@pellucid/datasets';
import { Command, CommanderError } from 'commander';
import { resolveExecution, resolvePrune, resolveRun } from '../configuration/resolve.ts';
import { compareRuns, describeDifferences, hasRegressed, readResults } from '../diff/diff.ts';
import { runPruning } from '../prune/prune.ts';
import { runBenchmark } from '../run/run.ts';
import { FILES } from '../store/folder.ts';
import { programVersions } from '../store/run-record.ts';
import { fetchData } from './fetch-data.ts';
import { settingsFromFlags, type Flags } from './settings-from-flags.ts';
import type { Terminal } from './terminal.ts';

/** Writes the report of a run and prints its tables. The library of its charts is loaded where they are drawn: it takes a third of a second. */
async function report(out: string, stdout: Terminal['stdout']): Promise<void> {
  const { writeReport } = await import('../report/write-report.ts');
  stdout(await writeReport(out));
}

async function run(flags: Flags, { stdout, stderr, folder }: Terminal): Promise<void> {
  const settings = settingsFromFlags(flags, folder);
  const execution = resolveExecution(settings, folder, flags['resume'] === true);
  await runBenchmark(await resolveRun(settings, folder), execution, stderr);
  await report(execution.out, stdout);
  stderr.write(`report: ${FILES.report(execution.out)}\n`);
}

async function prune(flags: Flags, { stdout, stderr, folder }: Terminal): Promise<number> {
  const settings = settingsFromFlags(flags, folder);
  const execution = resolveExecution(settings, folder, flags['resume'] === true);
  const failures = await runPruning(await resolvePrune(settings, folder), execution, stderr);
  await report(execution.out, stdout);
  stderr.write(`report: ${FILES.report(execution.out)}\n`);
  return failures.length === 0 ? 0 : 1;
}

/** What every command says that trains networks. */
function withTraining(command: Command): Command {
  return command
    .option('--config <file>', 'settings as JSON; flags come first')
    .option('--dataset <name>', 'shapes (embedded), fashion-mnist, mnist, cifar10 or svhn')
    .option('--data-dir <folder>', 'where the files of the data set are')
    .option('--network <name>', 'pruning-cnn (the default), plain-cnn, residual-cnn or resnet-18')
    .option('--width <channels>', 'channels of its first convolution')
    .option('--epochs <count>', 'epochs of every training')
    .option('--learning-rate <rate>', 'of Adam')
    .option('--train-images <count>', 'images to train on: the first ones')
    .option('--test-images <count>', 'images to test on: the first ones')
    .option('--workers <count>', 'processes; as many as cores unless given')
    .option('--out <folder>', 'where the results go; `results` unless given');
}

function makeProgram(terminal: Terminal, finish: (status: number) => void): Command {
  const { stdout, stderr, folder } = terminal;
  const program = new Command('pellucid-bench')
    .description('Scores attribution methods on several engines by one protocol.')
    .version(programVersions()['@pellucid/bench'] ?? '')
    .exitOverride()
    .configureOutput({ writeOut: stdout, writeErr: (text) => stderr.write(text) });

  program
    .command('run')
    .description('Score every method on every backend by every metric.')
    .option('--protocol <name>', 'standard (unless given), quick or full, or a JSON file: what is run and how')
    .option('--config <file>', 'settings as JSON, over those of the protocol; flags come first')
    .option('--dataset <name>', 'shapes (embedded), fashion-mnist, mnist, cifar10 or svhn')
    .option('--data-dir <folder>', 'where the files of the data set are')
    .option('--models <names>', 'networks, separated by commas')
    .option('--methods <names>', 'methods or packages of methods, separated by commas')
    .option('--backends <names>', 'onnxruntime, tfjs (its engine wasm), tfjs/node, tfjs/node-gpu, tfjs/cpu')
    .option('--metrics <names>', 'names or packages of metrics, pruning, agreement, separated by commas')
    .option('--samples <count>', 'test images to explain')
    .option('--seeds <count>', 'repeat with seeds 0, 1, ...')
    .option('--workers <count>', 'processes; as many as cores unless given; 0 works in this process, for debuggers')
    .option('--timeout <seconds>', 'a process that gives no answer for so long is ended; 900 unless given')
    .option('--memory <MiB>', 'a process that holds more is ended; its share of the memory of the machine unless given')
    .option('--out <folder>', 'where the results go; `results` unless given')
    .option('--cache <folder>', 'explanations that runs may share; `cache` in the folder of the results unless given')
    .option('--resume', 'go on with the run in the folder')
    .option('--quick', 'the quick protocol: a first look, not a result')
    .action((flags: Flags) => run(flags, terminal));

  withTraining(program.command('prune'))
    .description('Keep only the most important pixels of a data set, retrain from scratch, and report the loss of accuracy. Data sets and networks may be several, separated by commas.')
    .option('--published', 'the published table: fashion-mnist and svhn, as far as their files are at hand, plain-cnn and resnet-18, all images, its recipe; other flags change it')
    .option('--batch-size <count>', 'images per step')
    .option('--images <count>', 'training images whose maps rank the pixels')
    .option('--fractions <percents>', 'shares of pixels to keep, in percent, separated by commas')
    .option('--seeds <count>', 'repeat with seeds 0, 1, ...; 3 unless given')
    .option('--directions <names>', 'keep, remove or both: whether the most important pixels stay or go; keep unless given')
    .option('--rankings <names>', 'methods, and the controls random, edges and centre-prior, separated by commas')
    .option('--resume', 'go on with the run in the folder')
    .option('--quick', 'few images and short trainings: a first look, not a result')
    .action(async (flags: Flags) => {
      finish(await prune(flags, terminal));
    });

  withTraining(program.command('study'))
    .description('Measure how much accumulated gradients vary over batch size, seed, initial weights, order of the images, and what is averaged.')
    .option('--batch-sizes <counts>', 'images per step, separated by commas; 8,64,512,4096 unless given, each at most all images')
    .option('--factors <names>', 'what varies: seed, initialisation, order; all unless given')
    .option('--repeats <count>', 'trainings in each group; 4 unless given')
    .option('--resume', 'go on with the study in the folder')
    .option('--quick', 'few images: a first look, not a result')
    .action(async (flags: Flags) => {
      const { study } = await import('./run-study.ts');
      finish(await study(flags, terminal));
    });

  program
    .command('data')
    .description('Get data sets.')
    .command('fetch')
    .description('Download a data set from its publisher, or use the files that are there.')
    .argument('<name>', Object.keys(PUBLICATIONS).join(', '))
    .option('--data-dir <folder>', 'where it goes, in a folder of its name; `data` unless given')
    .action((name: string, flags: Flags) => fetchData(name, flags, terminal));

  program
    .command('report')
    .description('Write the report of a run again, with its Markdown and CSV files, and print its tables.')
    .argument('<folder>')
    .action(async (out: string) => {
      await report(resolve(folder, out), stdout);
    });

  program
    .command('diff')
    .description('Compare the results of two runs cell by cell, sample by sample where they can be paired. Exit status 1 when a cell is significantly worse or fails now.')
    .argument('<first>')
    .argument('<second>')
    .action((first: string, second: string) => {
      const differences = compareRuns(readResults(resolve(folder, first)), readResults(resolve(folder, second)));
      stdout(describeDifferences(differences));
      if (hasRegressed(differences)) finish(1);
    });
  return program;
}

/** Runs the program. @returns the exit status: 0 done, 2 the request or the data was bad, 1 anything else. */
export async function runProgram(args: readonly string[], terminal: Terminal): Promise<number> {
  let status = 0;
  const program = makeProgram(terminal, (code) => {
    status = code;
  });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return status;
  } catch (error) {
    // Commander has printed its own message; it asks for status 0 after --help and --version.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (isPellucidError(error)) {
      terminal.stderr.write(`${error.message}\n`);
      return 2;
    }
    terminal.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    return 1;
  }
}
