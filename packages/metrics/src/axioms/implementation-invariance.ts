import { batchSize, convertLayout, defineMetric, sampleData, throwIfAborted, type MetricFactory } from '@pellucid/core';
import { relativeL2 } from '../agreement/relative-l2.ts';
import { requirePart } from '../subject/require-part.ts';
import { validateSubject } from '../subject/validate-subject.ts';

/**
 * Implementation invariance: relative L2 distance of the maps of two implementations of one function, such as one network in two formats:
 * ||a - a'|| / max(||a||, ||a'||). Lower is better, 0 to 2; methods that promise it stay at rounding. One explanation by the twin.
 * @see {@link https://arxiv.org/abs/1703.01365 | Sundararajan et al. 2017}, section 2.2
 * @throws REQUEST_INVALID without `explain` or `twin`; SHAPE_MISMATCH, INPUT_NOT_FINITE, TARGET_OUT_OF_RANGE, ABORTED, and what the method throws.
 */
export const implementationInvariance: MetricFactory<object> = defineMetric<object>({
  name: 'implementation-invariance',
  title: 'Implementation invariance',
  category: 'axiom',
  direction: 'lower',
  equation: '‖a − a\'‖ / max(‖a‖, ‖a\'‖) of the maps by `model` and by `twin`, two implementations of one function.',
  range: [0, 2],
  cost: 'One explanation.',
  limits: 'Whether either map is right; two engines can share a mistake.',
  paper: { authors: 'Sundararajan, Taly, Yan', year: 2017, title: 'Axiomatic Attribution for Deep Networks', url: 'https://arxiv.org/abs/1703.01365' },
  needsMask: false,
  needs: ['explanation', 'twin'],
  options: {},
  score: async (subject, _options, { signal, memoryBudget }) => {
    validateSubject(subject);
    const [explain, twin] = [requirePart(subject, 'explain', 'implementation-invariance'), requirePart(subject, 'twin', 'implementation-invariance')];
    const { input, model, targets, values, layout } = subject;
    const scores = new Float64Array(batchSize(input));
    for (let sample = 0; sample < scores.length; sample++) {
      throwIfAborted(signal, `the scores of \`${model.name}\``);
      const one = { shape: [1, ...input.shape.slice(1)], data: sampleData(input, sample) };
      const other = await explain({
        input: convertLayout(one, model.input.layout, twin.input.layout), targets: [targets[sample]!], model: twin, signal, memoryBudget,
      });
      scores[sample] = relativeL2({ values: { shape: [1, ...values.shape.slice(1)], data: sampleData(values, sample) }, layout }, other)[0]!;
    }
    return scores;
  },
});
