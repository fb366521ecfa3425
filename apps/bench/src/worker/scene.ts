import type { LabelledImages, ModelAdapter } from '@pellucid/core';
import type { ExplanationStore, StoredExplanation } from '../store/explanation-store.ts';
import type { Explainer } from './explainer.ts';
import { measure } from './peak-memory.ts';
import type { ExplainTask, Reply } from './protocol.ts';
import { passesOf } from './rank-pixels.ts';
import type { Resources } from './resources.ts';
import { inputFor, predictClasses, type Samples } from './sample-sets.ts';

/** What the parts of a task share. */
export interface Scene {
  readonly task: ExplainTask;
  readonly model: ModelAdapter;
  readonly resources: Resources;
  readonly explainer: Explainer;
  readonly store: ExplanationStore | null;
  readonly reply: (reply: Reply) => void;
  /** Training images that stand for the data. */
  readonly references: LabelledImages;
}

/** Maps of some samples: those of an earlier run where there are any. */
export async function explainOnce({ explainer, store }: Scene, key: string, { input, targets }: Samples): Promise<StoredExplanation & { readonly cached: boolean }> {
  const stored = store?.read(key);
  if (stored !== undefined) return { ...stored, cached: true };
  const { value, seconds, peakMemoryBytes } = await measure(() => explainer.explainSamples(input, targets));
  const { values, layout, provenance } = value;
  const made: StoredExplanation = { values, layout, targets, provenance, cost: { ...passesOf([provenance]), seconds, peakMemoryBytes } };
  store?.write(key, made);
  return { ...made, cached: false };
}

/** Maps of the training images that metrics compare with. */
export async function explainReferences(scene: Scene): Promise<StoredExplanation> {
  const { task, model, references } = scene;
  const input = inputFor(model, references);
  return explainOnce(scene, task.references.key, { input, targets: await predictClasses(model, input) });
}
