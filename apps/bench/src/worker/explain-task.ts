import { encodeNpy } from '@pellucid/core';
import { writeWhole } from '@pellucid/files';
import { drawImages } from '../data/draw.ts';
import { openExplanations, type StoredExplanation } from '../store/explanation-store.ts';
import { makeExplainer, reasonNotApplicable } from './explainer.ts';
import { asFailure } from './failure.ts';
import { measure } from './peak-memory.ts';
import type { ExplainTask, RanksOfSplits, Reply, SetTask } from './protocol.ts';
import { rankAllImages } from './rank-images.ts';
import { rankPixels } from './rank-pixels.ts';
import type { Resources } from './resources.ts';
import { drawSamples, inputFor } from './sample-sets.ts';
import { explainOnce, type Scene } from './scene.ts';
import { scoreMetric } from './score-metric.ts';

/** Maps for the report are stored before they are scored: whoever finds the file finds all of it. */
function storeMaps(file: string, { values, layout, targets, provenance }: StoredExplanation): void {
  writeWhole(`${file}.npy`, encodeNpy(values));
  writeWhole(`${file}.json`, `${JSON.stringify({ layout, targets, provenance }, null, 2)}\n`);
}

async function runSet(scene: Scene, { set, count, key, metrics, mapsFile }: SetTask): Promise<void> {
  const { task, model, resources, reply } = scene;
  const { engine, versions } = model.backend;
  reply({ kind: 'stage', stage: `maps of ${set}` });
  try {
    const samples = await drawSamples(set, count, model, task.data, task.seed, resources);
    const explanation = await explainOnce(scene, key, samples);
    if (mapsFile !== null) storeMaps(mapsFile, explanation);
    reply({ kind: 'maps', set, engine, cost: explanation.cost, cached: explanation.cached, versions });
    for (const metric of metrics) {
      reply({ kind: 'stage', stage: metric.name });
      reply(await scoreMetric(scene, metric, samples, explanation));
    }
  } catch (error) {
    reply({ kind: 'no-maps', set, engine, error: asFailure(error), reason: reasonNotApplicable(error, task.method) });
  }
}

async function runRanking({ task, model, resources, explainer, reply }: Scene, count: number): Promise<void> {
  const { engine } = model.backend;
  reply({ kind: 'stage', stage: 'ranking' });
  try {
    const images = drawImages(await resources.images(task.data, 'train'), count, task.seed, 'ranking');
    const { value, seconds, peakMemoryBytes } = await measure(() => rankPixels(model, explainer, inputFor(model, images), task.seed));
    const { importance, forwardPasses, backwardPasses } = value;
    reply({ kind: 'ranking', importance, engine, cost: { forwardPasses, backwardPasses, seconds, peakMemoryBytes } });
  } catch (error) {
    reply({ kind: 'no-maps', set: 'ranking', engine, error: asFailure(error), reason: reasonNotApplicable(error, task.method) });
  }
}

async function runRanks(scene: Scene, ranks: RanksOfSplits): Promise<void> {
  const { task, model, reply, explainer: { method } } = scene;
  const { engine } = model.backend;
  if (method !== null && 'begin' in method) {
    reply({ kind: 'no-maps', set: 'ranks', engine, error: null, reason: `\`${task.method.method}\` makes one map of all images, none of a single one` });
    return;
  }
  reply({ kind: 'stage', stage: 'ranks' });
  try {
    reply({ kind: 'ranks', engine, ...(await rankAllImages(scene, ranks)) });
  } catch (error) {
    reply({ kind: 'no-maps', set: 'ranks', engine, error: asFailure(error), reason: reasonNotApplicable(error, task.method) });
  }
}

/** Runs an explain task: maps and scores of each set of samples, then the ranking of pixels by training images, then those of every single image. */
export async function runExplain(task: ExplainTask, resources: Resources, reply: (reply: Reply) => void): Promise<void> {
  reply({ kind: 'stage', stage: 'start' });
  const model = await resources.model(task.backend, task.model);
  const references = drawImages(await resources.images(task.data, 'train'), task.references.count, task.seed, 'references');
  const scene: Scene = {
    task, model, resources, reply, references,
    explainer: await makeExplainer(task.method, model, inputFor(model, references), task.seed),
    store: task.explanations === null ? null : openExplanations(task.explanations),
  };
  for (const set of task.sets) await runSet(scene, set);
  if (task.rankingImages !== null) await runRanking(scene, task.rankingImages);
  if (task.ranks !== null) await runRanks(scene, task.ranks);
}
