import { encodeNpy } from '@pellucid/core';
import type { Execution, RunConfiguration } from '../configuration/configuration.ts';
import { drawImages } from '../data/draw.ts';
import { loadImages, probeSource } from '../data/sources.ts';
import { cellsOf, planRun } from '../plan/plan.ts';
import { startProgress, type Progress, type ProgressStream } from '../progress/progress.ts';
import { FILES } from '../store/folder.ts';
import type { Failure } from '../store/result-row.ts';
import { ensureWritable, writeWhole } from '../store/write-whole.ts';
import type { ModelFiles } from '../worker/protocol.ts';
import { hasZoo, trainNetwork, zooFiles } from './networks.ts';
import { earlierRows, openRecorder } from './recorder.ts';
import { createRetrainer } from './retrainer.ts';
import { scoreMatrix } from './score-matrix.ts';
import { startRun, type Session } from './start-run.ts';

type Network = { readonly files: ModelFiles } | { readonly failure: Failure };

/** The explained images are kept for the report. */
async function storeInputs(out: string, { data, seeds, samples }: RunConfiguration): Promise<void> {
  const test = await loadImages(data, 'test');
  for (let seed = 0; seed < seeds; seed++) {
    const { images, layout, labels, classNames } = drawImages(test, samples, seed, 'samples');
    writeWhole(`${FILES.inputs(out, seed)}.npy`, encodeNpy(images));
    writeWhole(`${FILES.inputs(out, seed)}.json`, `${JSON.stringify({ layout, labels: [...labels], classNames })}\n`);
  }
}

/** Networks by name and seed: from the zoo, or trained once. */
function networkSource({ pool, addTrained }: Session, out: string, { data, training }: RunConfiguration, log: (text: string) => void): (model: string, seed: number) => Promise<Network> {
  const trained = new Map<string, Promise<Network>>();
  const make = async (network: string, seed: number): Promise<Network> => {
    log(`training ${network} on ${data.trainImages} images of ${data.name} (seed ${seed})`);
    const result = await trainNetwork(pool, out, data, { network, ...training }, seed);
    if ('failure' in result) return result;
    addTrained(result.record);
    log(`${network} (seed ${seed}) is right on ${result.record.accuracy.toFixed(2)} % of the test images`);
    return result;
  };
  return (model: string, seed: number): Promise<Network> => {
    if (hasZoo(data)) return Promise.resolve({ files: zooFiles(model) });
    const key = `${model} ${seed}`;
    const network = trained.get(key) ?? make(model, seed);
    trained.set(key, network);
    return network;
  };
}

/**
 * Runs every cell of a configuration that is not done yet, each row on disk as its cell ends.
 * @throws DATA_MISSING, DATA_INVALID, OUTPUT_UNWRITABLE, CONFIGURATION_INVALID before anything runs; afterwards failures are rows.
 */
export async function runBenchmark(configuration: RunConfiguration, execution: Execution, stream: ProgressStream): Promise<void> {
  const { out, resume, workers } = execution;
  await probeSource(configuration.data);
  ensureWritable(out);
  const plan = planRun(configuration);
  const session = startRun({ command: 'run', configuration }, execution);
  const earlier = session.earlier === null ? [] : earlierRows(out);
  const view: { progress: Progress | null } = { progress: null };
  const log = (text: string): void => {
    if (view.progress === null) stream.write(`${text}\n`);
    else view.progress.log(text);
  };
  const silent: Progress = { tick: () => undefined, log, stop: () => undefined };
  const recorder = openRecorder(out, earlier, () => view.progress ?? silent);
  const retrainer = createRetrainer(session.pool, configuration.data, configuration.pruning.recipe, FILES.retrainings(out), resume);
  const network = networkSource(session, out, configuration, log);
  try {
    const pending = cellsOf(plan).filter((cell) => !recorder.isDone(cell)).length;
    const kept = earlier.length === 0 ? '' : `, ${earlier.length} are done`;
    log(`${pending} cells to score${kept}; ${workers} processes; results in ${out}`);
    await storeInputs(out, configuration);
    view.progress = startProgress(stream, pending);
    const { pool, addVersions: onVersions } = session;
    await scoreMatrix({ configuration, out, resume, pool, retrainer, recorder, network, onVersions }, plan);
  } finally {
    view.progress?.stop();
    session.pool.close();
    recorder.close();
    retrainer.close();
  }
  session.save(true);
}
