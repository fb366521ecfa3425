import { activationOf, batchSize, gradientAt, INPUT, sampleData, sliceBatch, type Evaluation, type Objective, type Query, selectObjective } from '@pellucid/core';
import type { LoadCheck, LoadNetwork } from './backend-check.ts';
import { convolutionalNetwork, linearNetwork, type ContractNetwork } from './contract-network.ts';
import { assert, assertClose, makeSubject, type Subject } from './subject.ts';

// One engine may sum in another order for another batch size: equal up to float32 rounding, not bit by bit.
const ROUNDING = 2e-6;

async function withModel(load: LoadNetwork, check: (subject: Subject) => Promise<void>, network: ContractNetwork = convolutionalNetwork): Promise<void> {
  const model = await load(network);
  try {
    await check(makeSubject(network, model));
  } finally {
    await model.dispose();
  }
}

function fullQuery({ input, model }: Subject, kind: 'logit' | 'probability' | 'margin' = 'margin'): Query<'activations' | 'gradient'> {
  const of: Objective = { kind, targets: Array.from({ length: batchSize(input) }, (_, sample) => sample % model.classes) };
  return { input, activations: ['conv1', 'pool1'], gradient: { of, at: [INPUT, 'relu1', 'conv2'] } };
}

/** The answer for one sample as one list of values. */
function flatSample(answer: Evaluation, sample: number): number[] {
  const tensors = [answer.output, answer.logits, ...answer.activations.values(), ...answer.gradients.values()];
  return tensors.flatMap((values) => Array.from(sampleData(values, sample)));
}

function assertSame(actual: Evaluation, expected: Evaluation, what: string): void {
  assert(batchSize(actual.output) === batchSize(expected.output), () => `${what}: another number of samples`);
  for (let sample = 0; sample < batchSize(expected.output); sample++) {
    assertClose(flatSample(actual, sample), flatSample(expected, sample), ROUNDING, `${what}, sample ${sample}`);
  }
}

async function ignoresChunks(subject: Subject): Promise<void> {
  const { model } = subject;
  const whole = await model.evaluate(fullQuery(subject));
  for (const memoryBudget of [1, 2 * model.bytesPerSample, 3.5 * model.bytesPerSample]) {
    assertSame(await model.evaluate(fullQuery(subject), { memoryBudget }), whole, `memory budget ${memoryBudget}`);
  }
}

async function treatsSamplesAlone(subject: Subject): Promise<void> {
  const { model, input } = subject;
  const query = fullQuery(subject, 'probability');
  const whole = await model.evaluate(query);
  for (let sample = 0; sample < batchSize(input); sample++) {
    const gradient = query.gradient && { ...query.gradient, of: selectObjective(query.gradient.of, [sample]) };
    const alone = await model.evaluate({ ...query, input: sliceBatch(input, sample, sample + 1), gradient });
    assertClose(flatSample(alone, 0), flatSample(whole, sample), ROUNDING, `sample ${sample} alone`);
  }
}

async function answersTogether(subject: Subject): Promise<void> {
  const { model, input } = subject;
  const queries: Query<'activations' | 'gradient'>[] = [
    { input },
    fullQuery(subject, 'margin'),
    fullQuery(subject, 'logit'),
    { input, activations: ['relu2'] },
    fullQuery(subject, 'probability'),
    fullQuery(subject, 'margin'),
  ];
  const together = await Promise.all(queries.map((query) => model.evaluate(query)));
  for (const [i, query] of queries.entries()) assertSame(together[i]!, await model.evaluate(query), `concurrent query ${i}`);
}

async function ownsItsMemory(subject: Subject): Promise<void> {
  const { model, input } = subject;
  const before = input.data.slice();
  const first = await model.evaluate(fullQuery(subject));
  assertClose(input.data, before, 0, 'input after a query');
  const copies = Array.from({ length: batchSize(input) }, (_, sample) => flatSample(first, sample));
  for (const answer of [first.output, activationOf(first, 'conv1'), gradientAt(first, INPUT)]) answer.data.fill(7);
  const second = await model.evaluate(fullQuery(subject));
  copies.forEach((values, sample) => {
    assertClose(flatSample(second, sample), values, ROUNDING, `sample ${sample} after an earlier answer was overwritten`);
  });
}

async function answersUnderTheNameAsked({ model, input }: Subject): Promise<void> {
  const layer = model.layers.find(({ aliases }) => aliases.length > 0);
  if (layer === undefined) return;
  for (const name of [layer.name, ...layer.aliases]) {
    if (model.layers.filter(({ name: other, aliases }) => other === name || aliases.includes(name)).length > 1) continue;
    const answer = await model.evaluate({ input, activations: [name], gradient: { of: { kind: 'sum-of-logits' }, at: [name] } });
    assert(answer.activations.has(name) && answer.gradients.has(name), () => `layer ${layer.name}: no answer under its name ${name}`);
  }
}

async function answersNothingElse({ model, input }: Subject): Promise<void> {
  const answer = await model.evaluate({ input });
  assert(answer.activations.size === 0 && answer.gradients.size === 0, () => 'a query for the output alone: other answers came too');
  const empty = await model.evaluate({ input, activations: [], gradient: { of: { kind: 'sum-of-logits' }, at: [] } });
  assert(empty.activations.size === 0 && empty.gradients.size === 0, () => 'a query with empty lists: other answers came too');
}

async function hashesItsContent(load: LoadNetwork): Promise<void> {
  const models = [await load(linearNetwork), await load(linearNetwork), await load(convolutionalNetwork)] as const;
  const [first, same, other] = models.map(({ hash }) => hash);
  await Promise.all(models.map((model) => model.dispose()));
  assert(first === same, () => `hash: the same network gave ${first} and ${same}`);
  assert(first !== other, () => `hash: different networks gave the same ${first}`);
}

/** Demands on how queries are executed. */
export const executionChecks: readonly LoadCheck[] = [
  ['answers do not depend on the chunks that the memory budget makes', (load) => withModel(load, ignoresChunks)],
  ['a sample in a batch gets the answer that it gets alone', (load) => withModel(load, treatsSamplesAlone)],
  ['queries that run at the same time get their own answers', (load) => withModel(load, answersTogether)],
  ['answers belong to the caller, and inputs are left alone', (load) => withModel(load, ownsItsMemory)],
  ['a layer is answered under the name that it was asked by', (load) => withModel(load, answersUnderTheNameAsked)],
  ['nothing is answered that was not asked', (load) => withModel(load, answersNothingElse)],
  ['the hash depends on topology and weights alone', hashesItsContent],
];
