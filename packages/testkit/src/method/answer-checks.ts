import { explain, sampleData, score, type Tensor } from '@pellucid/core';
import type { ContractCheck } from '../contract-check.ts';
import { analyticModel } from './analytic-model.ts';
import { require, requireClose } from './assertions.ts';
import { asBatch } from './cotangent.ts';
import { linearFormula, normalValues, quadraticFormula } from './formulas.ts';
import { IMAGE, type Subject } from './subject.ts';

/** What is known of a method's answers. */
export interface KnownAnswers {
  /**
   * The map of f(x) = w x + b at one value: what the method gives for a value x with the weight w. Left out, nothing is known.
   */
  readonly linear?: ((weight: number, x: number) => number) | undefined;
  /** Whether the map sums to f(x) - f(0). @defaultValue false */
  readonly complete?: boolean | undefined;
}

const SIZE = IMAGE[0] * IMAGE[1] * IMAGE[2];
const CLASSES = 3;
const TARGETS = [2, 0];
/** Maps are single precision, and their sums lose a little more. */
const TOLERANCE = 1e-5;

const rows = (name: string): Float64Array[] => Array.from({ length: CLASSES }, (_, k) => normalValues(k, name, SIZE));
const images = (): Tensor => asBatch(TARGETS.map((_, sample) => normalValues(sample, 'values', SIZE)), IMAGE);

async function checkLinear(subject: Subject, linear: (weight: number, x: number) => number): Promise<void> {
  const weights = rows('linear');
  const input = images();
  const model = analyticModel(linearFormula(IMAGE, weights, [0.5, -1, 2]), { capabilities: subject.factory.needs });
  const { values } = await explain(model, subject.make(), { input, targets: TARGETS });
  const samples = TARGETS.map((target, sample) => weights[target]!.map((weight, i) => linear(weight, sampleData(input, sample)[i]!)));
  requireClose(values, asBatch(samples, IMAGE), TOLERANCE, 'the map of a linear model');
}

async function checkComplete(subject: Subject): Promise<void> {
  const input = images();
  const model = analyticModel(quadraticFormula(IMAGE, rows('linear'), rows('square')), { capabilities: subject.factory.needs });
  const { values, provenance } = await explain(model, subject.make(), { input, targets: TARGETS });
  const objective = { kind: 'logit', targets: TARGETS } as const;
  const here = score(objective, (await model.evaluate({ input })).logits);
  const there = score(objective, (await model.evaluate({ input: { shape: input.shape, data: new Float32Array(input.data.length) } })).logits);
  TARGETS.forEach((_, sample) => {
    const change = here[sample]! - there[sample]!;
    const sum = sampleData(values, sample).reduce((a, b) => a + b, 0);
    const scale = sampleData(values, sample).reduce((a, b) => a + Math.abs(b), 0);
    require(Math.abs(sum - change) <= TOLERANCE * scale, `the map of a smooth model sums to f(x) - f(0) = ${change}, got ${sum}`);
    const delta = provenance.convergenceDelta?.[sample] ?? NaN;
    require(Math.abs(delta - (sum - change)) <= TOLERANCE * scale, `the convergence delta says how far the sum is off, got ${delta}`);
  });
}

/** Models on which the answer is known exactly. */
export function answerChecks(subject: Subject, { linear, complete = false }: KnownAnswers): ContractCheck[] {
  return [
    ...(linear === undefined ? [] : [{ name: 'gives the known answer for a linear model', run: () => checkLinear(subject, linear) }]),
    ...(complete ? [{ name: 'is complete: the map of a smooth model sums to the change of its output', run: () => checkComplete(subject) }] : []),
  ];
}
