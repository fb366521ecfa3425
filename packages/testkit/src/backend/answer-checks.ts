import {
  activationOf, batchSize, findLayer, gradientAt, INPUT, mapValues, randomStream, sampleData, score, strongestRival, zipWith,
  type GradientPoint, type Objective, type Tensor,
} from '@pellucid/core';
import type { SubjectCheck } from './backend-check.ts';
import { linearNetwork, type ContractNetwork } from './contract-network.ts';
import { expectedAnswer, referenceSample } from './expected.ts';
import { logitsPosition, referenceActivations, type Sample } from './reference.ts';
import { assert, assertClose, inputSample, layerSample, toLayout, type Subject } from './subject.ts';

const kinds = ['logit', 'probability', 'log-probability', 'margin', 'rival margin', 'sum-of-logits', 'cotangent'] as const;

/** An objective of each kind for a batch of `count` samples. */
function objectiveOf(kind: (typeof kinds)[number], count: number, classes: number): Objective {
  const targets = Array.from({ length: count }, (_, sample) => sample % classes);
  switch (kind) {
    case 'sum-of-logits':
      return { kind };
    case 'rival margin':
      return { kind: 'margin', targets, against: targets.map((target) => (target + 1) % classes) };
    case 'cotangent': {
      const stream = randomStream(2, 'cotangent');
      return { kind, cotangent: { shape: [count, classes], data: Float32Array.from({ length: count * classes }, () => stream.normal()) } };
    }
    default:
      return { kind, targets };
  }
}

async function describesItself({ model, network }: Subject): Promise<void> {
  await Promise.resolve();
  assert(model.classes === network.classes, () => `classes: expected ${network.classes}, got ${model.classes}`);
  assert(/^[0-9a-f]{64}$/.test(model.hash), () => `hash: expected 64 hexadecimal digits, got ${model.hash}`);
  assert(model.bytesPerSample > 0, () => `bytesPerSample: expected a positive number, got ${model.bytesPerSample}`);
  for (const capability of ['activations', 'gradient'] as const) {
    assert(model.capabilities.has(capability), () => `capabilities: ${capability} is missing`);
  }
  const found = network.layers.map(({ name, kind }) => {
    const layer = findLayer(model, name);
    assert(layer.kind === kind, () => `layer ${name}: expected kind ${kind}, got ${layer.kind}`);
    return model.layers.indexOf(layer);
  });
  assert(found.every((position, i) => i === 0 || position > found[i - 1]!), () => 'layers: expected the order of execution');
}

async function answersOutputs({ model, network, batch, input }: Subject, tolerance: number): Promise<void> {
  const names = network.layers.map(({ name }) => name);
  const answer = await model.evaluate({ input, activations: names });
  for (let sample = 0; sample < batchSize(batch); sample++) {
    const expected = expectedAnswer(network, batch, sample, { kind: 'sum-of-logits' });
    assertClose(sampleData(answer.logits, sample), expected.logits, tolerance, `logits of sample ${sample}`);
    assertClose(sampleData(answer.output, sample), expected.output, tolerance, `output of sample ${sample}`);
    names.forEach((name, i) => {
      const values = layerSample(model, name, activationOf(answer, name), sample);
      assertClose(values, expected.activations[i]!.data, tolerance, `activation of ${name}, sample ${sample}`);
    });
  }
  assert(answer.logits.shape.join() === [batchSize(batch), network.classes].join(), () => `logits: got shape [${answer.logits.shape.join()}]`);
}

/** Layers at which the logits have a gradient: the logits themselves and all before. */
const differentiable = (network: ContractNetwork): string[] => network.layers.slice(0, logitsPosition(network) + 1).map(({ name }) => name);

async function answersGradients(subject: Subject, tolerance: number, kind: (typeof kinds)[number]): Promise<void> {
  const { model, network, batch, input } = subject;
  const names = differentiable(network);
  const objective = objectiveOf(kind, batchSize(batch), network.classes);
  const answer = await model.evaluate({ input, gradient: { of: objective, at: [INPUT, ...names] } });
  for (let sample = 0; sample < batchSize(batch); sample++) {
    const { gradients } = expectedAnswer(network, batch, sample, objective);
    const atInput = inputSample(model, gradientAt(answer, INPUT), sample);
    assertClose(atInput, gradients[0]!, tolerance, `gradient at the input, sample ${sample}`);
    names.forEach((name, i) => {
      const values = layerSample(model, name, gradientAt(answer, name), sample);
      assertClose(values, gradients[i + 1]!, tolerance, `gradient at ${name}, sample ${sample}`);
    });
  }
}

/** The objective's value in double precision, with the rival of a margin held fixed at the given one. */
function referenceScore(network: ContractNetwork, input: Sample, objective: Objective, sample: number): number {
  const logits = referenceActivations(network, input)[logitsPosition(network)]!.data;
  const one: Tensor = { shape: [1, logits.length], data: Float32Array.from(logits) };
  if (objective.kind === 'probability' || objective.kind === 'log-probability') {
    const top = Math.max(...logits);
    const probability = Math.exp(logits[objective.targets[sample]!]! - top) / logits.reduce((sum, value) => sum + Math.exp(value - top), 0);
    return objective.kind === 'probability' ? probability : Math.log(probability);
  }
  if (objective.kind === 'margin') {
    const target = objective.targets[sample]!;
    return logits[target]! - logits[objective.against?.[sample] ?? strongestRival(one.data, target)]!;
  }
  if (objective.kind === 'logit') return logits[objective.targets[sample]!]!;
  const weights = objective.kind === 'cotangent' ? sampleData(objective.cotangent, sample) : logits.map(() => 1);
  return logits.reduce((sum, value, i) => sum + value * weights[i]!, 0);
}

/** Central differences along random directions, step 1e-5 in double precision: exact to about 1e-9 away from kinks. */
async function agreesWithFiniteDifferences(subject: Subject, tolerance: number): Promise<void> {
  const { model, network, batch, input } = subject;
  const step = 1e-5;
  for (const kind of kinds) {
    const objective = objectiveOf(kind, batchSize(batch), network.classes);
    const answer = await model.evaluate({ input, gradient: { of: objective, at: [INPUT] } });
    for (let sample = 0; sample < batchSize(batch); sample++) {
      const stream = randomStream(3, network.name, kind, sample);
      const start = referenceSample(batch, sample);
      const direction = start.data.map(() => stream.normal());
      const shifted = (by: number): Sample => ({ ...start, data: start.data.map((value, i) => value + by * direction[i]!) });
      const expected = (referenceScore(network, shifted(step), objective, sample) - referenceScore(network, shifted(-step), objective, sample)) / (2 * step);
      const gradient = inputSample(model, gradientAt(answer, INPUT), sample);
      const actual = direction.reduce((sum, value, i) => sum + value * gradient[i]!, 0);
      const scale = Math.sqrt(gradient.reduce((sum, value) => sum + value * value, 0) * direction.length);
      assert(
        Math.abs(actual - expected) <= tolerance * Math.max(scale, 1e-6),
        () => `${kind}, sample ${sample}: along a random direction expected slope ${expected}, got ${actual}`,
      );
    }
  }
}

/** f(x + d) - f(x) = <gradient, d>, at the input and at every layer, however far d reaches. */
async function obeysTheChainRule({ model, network, batch }: Subject, tolerance: number): Promise<void> {
  const names = differentiable(network);
  const objective = objectiveOf('cotangent', batchSize(batch), network.classes);
  const at: readonly GradientPoint[] = [INPUT, ...names];
  const query = { activations: names, gradient: { of: objective, at } };
  const moved = mapValues(batch, (value) => 2 - 3 * value);
  const before = await model.evaluate({ input: toLayout(batch, model.input.layout), ...query });
  const after = await model.evaluate({ input: toLayout(moved, model.input.layout), ...query });
  const [from, to] = [score(objective, before.logits), score(objective, after.logits)];
  const difference = zipWith(moved, batch, (a, b) => a - b);
  for (let sample = 0; sample < batchSize(batch); sample++) {
    const change = to[sample]! - from[sample]!;
    const gradient = inputSample(model, gradientAt(before, INPUT), sample);
    const predicted = sampleData(difference, sample).reduce((sum, value, i) => sum + value * gradient[i]!, 0);
    assertClose([predicted], [change], 10 * tolerance, `change of sample ${sample} predicted at the input`);
    for (const name of names) {
      const slope = layerSample(model, name, gradientAt(before, name), sample);
      const start = layerSample(model, name, activationOf(before, name), sample);
      const end = layerSample(model, name, activationOf(after, name), sample);
      const atLayer = slope.reduce((sum, value, i) => sum + value * (end[i]! - start[i]!), 0);
      assertClose([atLayer], [change], 10 * tolerance, `change of sample ${sample} predicted at ${name}`);
    }
  }
}

/** Demands on the values of every answer. */
export function answerChecks(network: ContractNetwork): readonly SubjectCheck[] {
  return [
    ['describes classes, hash and layers in the order of execution', describesItself],
    ['gives output, logits and activations of the reference', answersOutputs],
    ...kinds.map((kind): SubjectCheck => [
      `gives the gradient of ${kind} at the input and at every layer`,
      (subject, tolerance) => answersGradients(subject, tolerance, kind),
    ]),
    ['gradients agree with finite differences', agreesWithFiniteDifferences],
    ...(network === linearNetwork ? [['gradients predict any change exactly', obeysTheChainRule] as const] : []),
  ];
}
