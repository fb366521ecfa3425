import { batchSize, sliceBatch, type Explanation } from '@pellucid/core';

/**
 * The explanation of the samples from `start` up to `end` of a batch. Passes and time are shared out evenly: every sample of a batch
 * takes the same number of passes.
 */
export function splitExplanation({ values, provenance }: Explanation, start: number, end: number): Explanation {
  const share = (end - start) / batchSize(values);
  const { targets, convergenceDelta, passes, samples, wallTimeMs } = provenance;
  return {
    values: sliceBatch(values, start, end),
    provenance: {
      ...provenance,
      targets: targets.slice(start, end),
      ...(convergenceDelta && { convergenceDelta: convergenceDelta.slice(start, end) }),
      passes: { forward: Math.round(passes.forward * share), backward: Math.round(passes.backward * share) },
      samples: Math.round(samples * share),
      wallTimeMs: wallTimeMs * share,
    },
  };
}
