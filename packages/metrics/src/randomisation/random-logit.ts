import { defineMetric, PellucidError, tensor, type MetricFactory } from '@pellucid/core';
import { sumChannels } from '../pixels.ts';
import { spearman } from '../statistics/correlation.ts';
import { requirePart } from '../subject/require-part.ts';
import { sampleStream } from '../subject/sample-stream.ts';
import { validateSubject } from '../subject/validate-subject.ts';
import { explainVariants, sameForAll } from '../subject/variants.ts';

/**
 * Random logit: Spearman's rank correlation of the maps of the target and of another class that is drawn at random, over pixels. Lower is
 * better, -1 to 1: a map that explains the class changes with it. One explanation.
 * @see {@link https://arxiv.org/abs/1912.09818 | Sixt et al. 2020}, who compare by SSIM; ranks do not depend on the scale of a picture
 * @throws REQUEST_INVALID without `explain` or for a model of one class; SHAPE_MISMATCH, INPUT_NOT_FINITE, TARGET_OUT_OF_RANGE, ABORTED, and what the method
 * throws.
 */
export const randomLogit: MetricFactory<object> = defineMetric<object>({
  name: 'random-logit',
  title: 'Random logit',
  category: 'randomisation',
  direction: 'lower',
  equation: 'Spearman over pixels of the maps of the target and of another class, drawn at random; 0 for constant maps.',
  range: [-1, 1],
  cost: 'One explanation.',
  limits: 'Classes that share evidence have similar maps with good reason.',
  paper: {
    authors: 'Sixt, Granz, Landgraf', year: 2020, title: 'When Explanations Lie: Why Many Modified BP Attributions Fail', url: 'https://arxiv.org/abs/1912.09818',
  },
  needsMask: false,
  needs: ['explanation'],
  options: {},
  score: async (subject, _options, context) => {
    validateSubject(subject);
    const explain = requirePart(subject, 'explain', 'random-logit');
    const { model, targets, values, layout } = subject;
    if (model.classes < 2) {
      throw new PellucidError('REQUEST_INVALID', { action: 'score `random-logit`', problem: `\`${model.name}\` has one class`, help: 'It compares maps of two classes.' });
    }
    const others = targets.map((target, sample) => {
      const drawn = sampleStream(subject, sample, context.seed, 'random-logit', String(target)).integer(model.classes - 1);
      return drawn < target ? drawn : drawn + 1;
    });
    const maps = await explainVariants({ ...subject, explain }, sameForAll(subject, 1), () => undefined, context, { targets: (sample) => others[sample]! });
    const pixels = sumChannels(values, layout).maps;
    return Float64Array.from(maps, ([map = new Float32Array(0)], sample) =>
      spearman(pixels[sample]!, sumChannels(tensor([1, ...values.shape.slice(1)], map), layout).maps[0]!));
  },
});
