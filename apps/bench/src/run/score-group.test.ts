import { expect, test } from '@jest/globals';
import type { MetricChoice } from '../configuration/configuration.ts';
import { planRun, type Group } from '../plan/plan.ts';
import type { CellKey, Failure } from '../store/result-row.ts';
import type { ExplainTask, Reply } from '../worker/protocol.ts';
import type { Job } from './pool.ts';
import { scoreGroup, type MapsEnd, type Scoring } from './score-group.ts';

const METRICS = ['first', 'second', 'third'];
const metric = (name: string): MetricChoice => ({
  name, metric: name, title: name, category: 'faithfulness', direction: 'lower', curve: null, packageName: null, entry: null, options: {}, needsMask: false,
  needs: [], samples: 1, on: 'samples',
});
const configuration: Scoring['configuration'] = {
  datasets: [{ name: 'shapes', directory: null, trainImages: 8, testImages: 8 }],
  models: ['net'], methods: [{ name: 'saliency', method: 'saliency', packageName: null, entry: null, control: false, options: {} }], backends: ['tfjs'],
  metrics: METRICS.map(metric), samples: 1, references: 1, seeds: 1, training: { width: 1, epochs: 1, batchSize: 1, learningRate: 1 }, pruning: null,
  statistics: { resamples: 100, level: 0.05, correction: 'holm' },
};
const cost = { forwardPasses: 1, backwardPasses: 1, seconds: 1, peakMemoryBytes: null };
const DIED: Failure = { code: 'WORKER_DIED', message: 'gone' };

/** Works as a worker does, and dies whenever it is at one of these stages for as many times as is said. */
function fakeWorker(deaths: Record<string, number>): { readonly run: (job: Job) => Promise<Failure | null>; readonly tasks: ExplainTask[] } {
  const tasks: ExplainTask[] = [];
  const run = async ({ task, onReply }: Job): Promise<Failure | null> => {
    if (task.kind !== 'explain') throw new Error('no such task');
    tasks.push(task);
    for (const stage of ['start', 'maps of samples', ...task.sets.flatMap(({ metrics }) => metrics.map(({ name }) => name))]) {
      onReply({ kind: 'stage', stage });
      await Promise.resolve();
      const left = deaths[stage] ?? 0;
      deaths[stage] = left - 1;
      if (left > 0) return DIED;
      const reply: Reply = stage.startsWith('maps')
        ? { kind: 'maps', set: 'samples', engine: 'cpu', cost, cached: false, versions: {} }
        : { kind: 'scores', metric: stage, scores: Float64Array.of(0.5), engine: 'cpu', cost, seconds: 1 };
      if (stage !== 'start') onReply(reply);
    }
    return null;
  };
  return { run, tasks };
}

interface Ended {
  readonly cells: Readonly<Record<string, string>>;
  readonly tasks: readonly ExplainTask[];
  readonly end: MapsEnd;
}

async function runWith(deaths: Record<string, number>): Promise<Ended> {
  const cells: Record<string, string> = {};
  const write = (cell: CellKey, what: string): void => {
    // A cell that was written twice shows.
    cells[cell.metric] = `${cells[cell.metric] ?? ''}${what}`;
  };
  const { run, tasks } = fakeWorker(deaths);
  const scoring: Scoring = {
    configuration, out: '.', explanations: '.', retrainer: null, onVersions: () => undefined,
    keys: { data: () => '', explanation: () => 'key', ranks: () => '', scored: () => '', pruned: () => '', retrained: () => '', compared: () => '' },
    pool: { run, close: () => undefined },
    recorder: {
      isDone: ({ metric: name }) => name in cells,
      scored: (cell) => { write(cell, 'ok'); },
      failed: (cell, _engine, { code }) => { write(cell, code); },
      notApplicable: (cell) => { write(cell, 'n/a'); },
      spent: () => undefined, close: () => undefined,
    },
  };
  const [group] = planRun(configuration).groups as [Group];
  const end = await scoreGroup(scoring, group, { onnxruntime: '', tfjs: '' }, true);
  return { cells, tasks, end };
}

test('a cell whose process dies once is tried again, and those that were done before are not', async () => {
  const { cells, tasks } = await runWith({ second: 1 });
  expect(cells).toEqual({ first: 'ok', second: 'ok', third: 'ok' });
  expect(tasks.map(({ sets }) => sets[0]?.metrics.map(({ name }) => name))).toEqual([METRICS, ['second', 'third']]);
});

test('a cell whose process dies twice fails alone', async () => {
  const { cells, tasks } = await runWith({ second: 9 });
  expect(cells).toEqual({ first: 'ok', second: 'WORKER_DIED', third: 'ok' });
  expect(tasks).toHaveLength(3);
});

test('each cell has its own second try', async () => {
  expect((await runWith({ first: 1, second: 1, third: 9 })).cells).toEqual({ first: 'ok', second: 'ok', third: 'WORKER_DIED' });
});

test('maps that cannot be made in two tries fail every cell, and whoever compares them', async () => {
  const { cells, tasks, end } = await runWith({ 'maps of samples': 9 });
  expect(cells).toEqual({ first: 'WORKER_DIED', second: 'WORKER_DIED', third: 'WORKER_DIED' });
  expect(tasks).toHaveLength(2);
  expect(end).toEqual({ failure: DIED });
});

test('maps that were made outlive their process', async () => {
  expect((await runWith({ first: 9, second: 9, third: 9 })).end).toBeNull();
});
