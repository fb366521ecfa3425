import { sliceBatch, type FreshExplanation, type MetricNeed, type MetricReferences, type MetricSubject } from '@pellucid/core';
import type { MetricChoice } from '../configuration/configuration.ts';
import { loadMetric } from '../plugins/load-metrics.ts';
import type { StoredExplanation } from '../store/explanation-store.ts';
import { asFailure } from './failure.ts';
import { reasonNotApplicable } from './explainer.ts';
import { measure } from './peak-memory.ts';
import type { Reply } from './protocol.ts';
import { firstSamples, type Samples } from './sample-sets.ts';
import { explainReferences, type Scene } from './scene.ts';

type Part = Partial<Pick<MetricSubject, 'explain' | 'references' | 'twin'>> & { readonly reason?: string };

async function referencesOf(scene: Scene): Promise<MetricReferences> {
  const { values, layout, targets } = await explainReferences(scene);
  return { values, layout, predictions: targets };
}

/** What a metric needs beside the maps, or why it is not there. */
const PARTS: Readonly<Record<MetricNeed, (scene: Scene) => Promise<Part>>> = {
  explanation: ({ explainer: { fresh } }) => Promise.resolve('reason' in fresh ? fresh : { explain: fresh as FreshExplanation }),
  activations: ({ model }) => Promise.resolve(model.capabilities.has('activations') ? {} : { reason: 'the backend shows no inner layers of this model' }),
  references: async (scene) => ({ references: await referencesOf(scene) }),
  twin: async ({ resources, task }) => {
    const twin = await resources.twin(task.backend, task.model);
    return 'reason' in twin ? twin : { twin };
  },
  weights: ({ model }) => Promise.resolve(model.parameters === undefined ? { reason: 'the backend does not show what this model learnt' } : {}),
};

/** Scores maps by one metric; what goes wrong becomes a reply. */
export async function scoreMetric(scene: Scene, choice: MetricChoice, samples: Samples, explanation: StoredExplanation): Promise<Reply> {
  const { task, model } = scene;
  const { engine } = model.backend;
  const { name: metric, needs } = choice;
  const notApplicable = (reason: string): Reply => ({ kind: 'not-applicable', metric, reason });
  if (choice.needsMask && samples.masks === undefined) return notApplicable('the data set has no masks of its objects');
  try {
    const parts = await Promise.all(needs.map((need) => PARTS[need](scene)));
    const missing = parts.find(({ reason }) => reason !== undefined)?.reason;
    if (missing !== undefined) return notApplicable(missing);
    const count = Math.min(choice.samples, explanation.targets.length);
    const subject: MetricSubject = {
      model, ...firstSamples({ ...samples, targets: explanation.targets }, count), values: sliceBatch(explanation.values, 0, count), layout: explanation.layout,
      ...(Object.assign({}, ...parts) as Partial<MetricSubject>),
    };
    const { score, curves } = await loadMetric(choice);
    const context = { seed: task.seed };
    const { value, seconds, peakMemoryBytes } = await measure(() =>
      curves === undefined ? score(subject, context).then((scores) => ({ scores })) : curves(subject, context));
    const peak = Math.max(peakMemoryBytes, explanation.cost.peakMemoryBytes ?? 0);
    return { kind: 'scores', metric, ...value, engine, cost: { ...explanation.cost, peakMemoryBytes: peak }, seconds };
  } catch (error) {
    const reason = reasonNotApplicable(error, task.method);
    return reason === null ? { kind: 'failed', metric, engine, error: asFailure(error) } : notApplicable(reason);
  }
}
