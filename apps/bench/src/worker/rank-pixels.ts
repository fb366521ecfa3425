import { batchSize, explain, type ModelAdapter, type Tensor } from '@pellucid/core';
import { combineImportances, importanceOfMaps, type PixelImportance } from '@pellucid/metrics';
import type { Explainer, MadeMaps } from './explainer.ts';
import { batches, predictClasses } from './sample-sets.ts';

/** Passes of single samples through the model. */
export interface Passes {
  readonly forwardPasses: number;
  readonly backwardPasses: number;
}

/** The passes that made some maps; none for controls. */
export function passesOf(provenances: readonly MadeMaps['provenance'][]): Passes {
  const sum = (kind: 'forward' | 'backward'): number => provenances.reduce((total, provenance) => total + (provenance?.passes[kind] ?? 0), 0);
  return { forwardPasses: sum('forward'), backwardPasses: sum('backward') };
}

/** How a method ranks pixels: by its global map, or by the mean absolute maps of the images. */
export async function rankPixels(model: ModelAdapter, { explainSamples, method }: Explainer, input: Tensor, seed: number): Promise<Passes & { readonly importance: PixelImportance }> {
  if (method !== null && 'begin' in method) {
    const { values, provenance } = await explain(model, method, { batches: batches(input), seed });
    return { importance: importanceOfMaps(values, provenance.layout), ...passesOf([provenance]) };
  }
  const parts: { readonly importance: PixelImportance; readonly samples: number; readonly provenance: MadeMaps['provenance'] }[] = [];
  for (const batch of batches(input)) {
    const { values, layout, provenance } = await explainSamples(batch, await predictClasses(model, batch));
    parts.push({ importance: importanceOfMaps(values, layout), samples: batchSize(batch), provenance });
  }
  return { importance: combineImportances(parts), ...passesOf(parts.map(({ provenance }) => provenance)) };
}
