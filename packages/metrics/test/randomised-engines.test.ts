import { describe, expect, test } from '@jest/globals';
import type { FreshExplanation, MetricSubject } from '@pellucid/core';
import { guidedBackprop } from '@pellucid/method-guided-backprop';
import { saliency } from '@pellucid/method-saliency';
import { efficientModelParameterRandomisation, modelParameterRandomisation, smoothModelParameterRandomisation } from '../src/index.ts';
import { BACKENDS, embeddedImages, engineSubject } from './engine-subjects.ts';

const images = embeddedImages(3);
const mean = (scores: Float64Array): number => scores.reduce((a, b) => a + b, 0) / scores.length;
const ORDERS = ['cascading', 'bottom-up', 'independent'] as const;

describe.each(Object.keys(BACKENDS) as (keyof typeof BACKENDS)[])('weights of trained networks on %s', (backend) => {
  test.each(['plain-cnn', 'residual-cnn'])('%s: maps of gradients change when layers forget, in every order, and the network stays as it was', async (network) => {
    const model = await BACKENDS[backend](network);
    const subject = await engineSubject(model, saliency(), images);
    const before = await model.evaluate({ input: subject.input });
    const learnt = (await model.parameters?.read())?.length ?? 0;
    // Convolutions of blocks and of a shortcut, and the scores.
    expect(learnt).toBe(network === 'plain-cnn' ? 5 : 7);
    let asked = 0;
    const counted: FreshExplanation = (request) => {
      asked++;
      return subject.explain?.(request) ?? Promise.reject(new Error('no method'));
    };
    for (const order of ORDERS) {
      asked = 0;
      const scores = await modelParameterRandomisation({ order }).score({ ...subject, explain: counted }, { seed: 0 });
      expect(asked).toBe(learnt);
      // Far from a map that stays, which scores 1.
      expect(scores.every((score) => score > -0.2 && score < 0.75)).toBe(true);
      expect(await modelParameterRandomisation({ order }).score(subject, { seed: 0 })).toEqual(scores);
    }
    expect((await model.evaluate({ input: subject.input })).logits).toEqual(before.logits);
    await model.dispose();
  });

  test('guided backpropagation changes less than the gradient when the upper layers forget', async () => {
    const model = await BACKENDS[backend]('plain-cnn');
    const cascading = modelParameterRandomisation();
    const [gradient, guided] = await Promise.all([saliency(), guidedBackprop()].map(async (method) => mean(await cascading.score(await engineSubject(model, method, images), { seed: 0 }))));
    // Adebayo et al. 2018, figure 2; here 0.16 and 0.45.
    expect(guided).toBeGreaterThan((gradient ?? NaN) + 0.1);
    await model.dispose();
  });

  test('a map that ignores the weights is found: 1, and 0 for the entropy', async () => {
    const model = await BACKENDS[backend]('plain-cnn');
    const own = await engineSubject(model, saliency(), images);
    const explain: FreshExplanation = ({ input }) => Promise.resolve({ values: input, layout: model.input.layout });
    const subject: MetricSubject = { ...own, values: own.input, layout: model.input.layout, explain };
    for (const metric of [modelParameterRandomisation(), smoothModelParameterRandomisation({ draws: 2 })]) {
      for (const score of await metric.score(subject, { seed: 0 })) expect(score).toBeCloseTo(1, 9);
    }
    expect([...await efficientModelParameterRandomisation().score(subject, { seed: 0 })]).toEqual([0, 0, 0]);
    await model.dispose();
  });

  test('the smooth form is as far from 1; the entropy of maps rises when all layers forget', async () => {
    const model = await BACKENDS[backend]('plain-cnn');
    const subject = await engineSubject(model, saliency(), images);
    const smooth = await smoothModelParameterRandomisation({ draws: 3 }).score(subject, { seed: 0 });
    expect(smooth.every((score) => score > -0.2 && score < 0.75)).toBe(true);
    expect(mean(await efficientModelParameterRandomisation().score(subject, { seed: 0 }))).toBeGreaterThan(0);
    await model.dispose();
  });
});
