import { encodeNpy } from '@pellucid/core';
import { ensureWritable, writeWhole } from '@pellucid/files';
import type { Execution, RunConfiguration } from '../configuration/configuration.ts';
import type { ResolvedRun } from '../configuration/resolve.ts';
import { drawImages } from '../data/draw.ts';
import { loadImages, probeSource } from '../data/sources.ts';
import { cellFacts } from '../plan/cell-facts.ts';
import { prepareKeys } from '../plan/keys.ts';
import { cellsOf, planRun } from '../plan/plan.ts';
import { workUnits } from '../plan/work-units.ts';
import { startProgress, type Progress, type ProgressStream } from '../progress/progress.ts';
import { makeWorkload, type Workload } from '../progress/workload.ts';
import { FILES } from '../store/folder.ts';
import { earlierRows, openRecorder } from './recorder.ts';
import { createRetrainer } from './retrainer.ts';
import { makeNetworks } from './run-networks.ts';
import { scoreMatrix } from './score-matrix.ts';
import { startRun, type Session } from './start-run.ts';

/** The explained images are kept for the report. */
async function storeInputs(out: string, { datasets, seeds, samples }: RunConfiguration): Promise<void> {
  for (const data of datasets) {
    const test = await loadImages(data, 'test');
    for (let seed = 0; seed < seeds; seed++) {
      const { images, layout, labels, classNames } = drawImages(test, samples, seed, 'samples');
      const file = FILES.inputs(out, data.name, seed);
      writeWhole(`${file}.npy`, encodeNpy(images));
      writeWhole(`${file}.json`, `${JSON.stringify({ layout, labels: [...labels], classNames })}\n`);
    }
  }
}

/** How far the run is, for people: lines before the work begins, a bar or lines with the time left while it lasts. */
interface View {
  progress: Progress;
  workload: Workload | null;
}

async function scorePlan({ configuration }: ResolvedRun, { out, cache, workers }: Execution, session: Session, view: View, stream: ProgressStream): Promise<void> {
  const plan = planRun(configuration);
  const { log } = view.progress;
  const keys = await prepareKeys(configuration);
  const networkOf = await makeNetworks(configuration, { session, out, hashData: keys.data, log });
  const facts = cellFacts(plan, keys, networkOf);
  const earlier = session.earlier === null ? [] : earlierRows(out, (cell) => facts.keyOf(cell));
  const recorder = openRecorder({
    out, earlier, factsOf: facts.factsOf, onNotApplicable: session.addNotApplicable, progress: () => view.progress, workload: () => view.workload,
  });
  const { pruning } = configuration;
  const retrainer = pruning === null ? null : createRetrainer({ pool: session.pool, recipe: pruning.recipe, folder: FILES.retrainings(cache), hashData: keys.data });
  try {
    const pending = cellsOf(plan).filter((cell) => !recorder.isDone(cell)).length;
    const kept = earlier.length === 0 ? '' : `, ${earlier.length} are done`;
    log(`${pending} cells to score${kept}; ${workers} processes; results in ${out}`);
    await storeInputs(out, configuration);
    const started = performance.now();
    const workload = makeWorkload(workUnits(plan, recorder.isDone), workers, () => (performance.now() - started) / 1000);
    view.workload = workload;
    view.progress = startProgress(stream, { total: pending, rest: workload.rest });
    const { pool, addVersions: onVersions } = session;
    await scoreMatrix({ configuration, out, keys, explanations: FILES.explanations(cache), pool, retrainer, recorder, onVersions }, plan, networkOf);
  } finally {
    recorder.close();
  }
}

/**
 * Runs every cell of a configuration that is not done yet, each row on disk as its cell ends.
 * @throws DATA_MISSING, DATA_INVALID, OUTPUT_UNWRITABLE, CONFIGURATION_INVALID before anything runs; afterwards failures are rows.
 */
export async function runBenchmark(resolved: ResolvedRun, execution: Execution, stream: ProgressStream): Promise<void> {
  const { configuration, protocol } = resolved;
  for (const data of configuration.datasets) await probeSource(data);
  ensureWritable(execution.out);
  ensureWritable(execution.cache);
  const session = startRun({ command: 'run', configuration, protocol }, execution);
  const log = (text: string): void => {
    stream.write(`${text}\n`);
  };
  const view: View = { progress: { tick: () => undefined, log, stop: () => undefined }, workload: null };
  try {
    const changed = protocol.changed.length === 0 ? '' : `, with other ${protocol.changed.join(', ')}`;
    log(`protocol ${protocol.name}${changed} (${protocol.hash.slice(0, 12)})`);
    await scorePlan(resolved, execution, session, view, stream);
  } finally {
    view.progress.stop();
    session.pool.close();
    session.save(false);
  }
  session.save(true);
}
