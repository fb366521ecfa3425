import { argmax, batchSize, encodeNpy, sampleData, sliceBatch, type LabelledImages, type Metric, type ModelAdapter } from '@pellucid/core';
import { deletion, insertion } from '@pellucid/metrics';
import { formatOf } from '../configuration/configuration.ts';
import { drawImages } from '../data/draw.ts';
import { loadMethod } from '../plugins/load-methods.ts';
import { writeWhole } from '../store/write-whole.ts';
import { asFailure } from './failure.ts';
import { controlMaps, inputFor, methodMaps, rankByControl, rankPixels, type MadeMaps } from './maps.ts';
import type { ExplainTask, Reply } from './protocol.ts';
import type { Resources } from './resources.ts';

const METRICS = { deletion, insertion };

function makeMetric(name: string, options: ExplainTask['metricOptions']): Metric {
  const factory = Object.values(METRICS).find((candidate) => candidate.name === name);
  if (factory === undefined) throw new Error(`internal: unknown metric ${name}`);
  return factory(options[name] ?? {});
}

/** The class that the model predicts for each sample. */
async function predictClasses(model: ModelAdapter, data: LabelledImages): Promise<number[]> {
  const input = inputFor(model, data);
  const targets: number[] = [];
  for (let start = 0; start < batchSize(input); start += 64) {
    const { logits } = await model.evaluate({ input: sliceBatch(input, start, Math.min(start + 64, batchSize(input))) });
    for (let sample = 0; sample < batchSize(logits); sample++) targets.push(argmax(sampleData(logits, sample)));
  }
  return targets;
}

/** Maps are stored before they are scored: whoever finds the file finds all of it. */
function storeMaps(file: string, { values, layout, provenance }: MadeMaps, targets: readonly number[]): void {
  writeWhole(`${file}.npy`, encodeNpy(values));
  writeWhole(`${file}.json`, `${JSON.stringify({ layout, targets, provenance }, null, 2)}\n`);
}

async function scoreMaps(task: ExplainTask, model: ModelAdapter, data: LabelledImages, reply: (reply: Reply) => void): Promise<void> {
  const { engine, versions } = model.backend;
  const targets = await predictClasses(model, data);
  const maps = task.method.control
    ? controlMaps(task.method.name, data, task.seed)
    : await methodMaps(model, await loadMethod(task.method), data, task.seed, targets);
  if (task.mapsFile !== null) storeMaps(task.mapsFile, maps, targets);
  reply({ kind: 'maps', engine, cost: maps.cost, versions });
  const subject = { model, input: inputFor(model, data), targets, values: maps.values, layout: maps.layout };
  for (const metric of task.metrics) {
    try {
      const scores = await makeMetric(metric, task.metricOptions).score(subject, { seed: task.seed });
      reply({ kind: 'scores', metric, scores, engine, cost: maps.cost });
    } catch (error) {
      reply({ kind: 'failed', metric, engine, error: asFailure(error) });
    }
  }
}

/** Runs an explain task: maps and scores of test images, then the ranking of pixels by training images. */
export async function runExplain(task: ExplainTask, resources: Resources, reply: (reply: Reply) => void): Promise<void> {
  const { data, backend, method, seed, samples, rankingImages } = task;
  const model = await resources.model(backend, task.model[formatOf(backend)]);
  if (samples !== null) await scoreMaps(task, model, drawImages(await resources.images(data, 'test'), samples, seed, 'samples'), reply);
  if (rankingImages === null) return;
  const images = drawImages(await resources.images(data, 'train'), rankingImages, seed, 'ranking');
  const ranking = method.control ? rankByControl(method.name, images, seed) : await rankPixels(model, await loadMethod(method), images, seed);
  reply({ kind: 'ranking', ...ranking, engine: model.backend.engine });
}
