import { equalShapes, explain, formatShape, type Estimate, type Explanation } from '@pellucid/core';
import type { ContractCheck } from '../contract-check.ts';
import { require, requireClose } from './assertions.ts';
import { imageRequest, SAMPLES, subjectModel, type Subject } from './subject.ts';

/** So much error is allowed that every sample may stop as soon as its error is known at all. */
const ANY_ERROR = 1e30;

interface Observed {
  readonly explanation: Explanation;
  readonly estimates: readonly Estimate[];
  readonly progress: readonly (readonly [number, number])[];
}

async function observe(subject: Subject, standardError?: number): Promise<Observed> {
  const estimates: Estimate[] = [];
  const progress: (readonly [number, number])[] = [];
  const explanation = await explain(subjectModel(subject), subject.make(), {
    ...imageRequest(subject), standardError, onEstimate: (estimate) => estimates.push(estimate), onProgress: (...at) => progress.push(at),
  });
  return { explanation, estimates, progress };
}

/** Estimates are maps with errors, and the last one of each sample is its map. */
function checkEstimates({ explanation: { values, standardError, provenance }, estimates }: Observed, tolerance: number): void {
  if (standardError === undefined) {
    require(estimates.length === 0, 'a method that offers estimates gives the standard error of its maps');
    return;
  }
  require(equalShapes(standardError.shape, values.shape), `the standard error ${formatShape(standardError.shape)} has the shape of the maps ${formatShape(values.shape)}`);
  require(standardError.data.every((error) => error >= 0), 'no standard error is negative');
  require(provenance.draws?.length === SAMPLES, 'the explanation says how many draws each sample took');
  const shape = [1, ...values.shape.slice(1)];
  for (const estimate of estimates) {
    for (const part of [estimate.values, estimate.standardError]) {
      require(equalShapes(part.shape, shape), `an estimate has the shape of a map, ${formatShape(shape)}: got ${formatShape(part.shape)}`);
    }
  }
  const size = values.data.length / SAMPLES;
  for (let sample = 0; sample < SAMPLES; sample++) {
    const last = estimates.findLast((estimate) => estimate.sample === sample);
    require(last !== undefined, `estimates of sample ${sample} are offered, the last of all its draws`);
    require(last.draws === provenance.draws[sample], `the last estimate of sample ${sample} is of all ${provenance.draws[sample]} draws: got ${last.draws}`);
    const map = { shape, data: values.data.subarray(sample * size, (sample + 1) * size) };
    requireClose(last.values, map, tolerance, `the last estimate of sample ${sample} is its map`);
  }
}

function checkProgress({ progress }: Observed): void {
  progress.forEach(([done, total], i) => {
    require(done >= 0 && done <= total, `progress is at most all there is: ${done} of ${total}`);
    const [before, first] = progress[Math.max(i - 1, 0)]!;
    require(done >= before && total === first, `progress goes on, to the same end: ${before} of ${first}, then ${done} of ${total}`);
  });
  const [done, total] = progress.at(-1) ?? [0, 0];
  require(done === total, `progress ends with all that was announced: ${done} of ${total}`);
}

/** What a method tells of its maps while it makes them. */
export function estimateChecks(subject: Subject): ContractCheck[] {
  return [
    {
      name: 'tells how far it is, and what it knows by then',
      run: async () => {
        const whole = await observe(subject);
        const early = await observe(subject, ANY_ERROR);
        for (const observed of [whole, early]) {
          checkEstimates(observed, subject.tolerance);
          checkProgress(observed);
        }
        const draws = whole.explanation.provenance.draws ?? [];
        early.explanation.provenance.draws?.forEach((made, sample) => {
          require(made <= draws[sample]!, `sample ${sample} stops early at a wanted standard error: ${made} of ${draws[sample]} draws`);
        });
      },
    },
  ];
}
