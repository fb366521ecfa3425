import { activationOf, batchSize, findLayer, gradientAt, randomStream, sampleData, sizeOf, type ModelAdapter, type Objective, type Tensor } from '@pellucid/core';
import type { SubjectCheck } from './backend-check.ts';
import type { ContractNetwork } from './contract-network.ts';
import { logitsPosition, referenceActivations, referenceGradients } from './reference.ts';
import { objectiveCotangent, referenceSample } from './expected.ts';
import { assert, assertClose, assertRefused, layerSample, toLayout, type Subject } from './subject.ts';

/** The subject's model, where values can be given for its layers. */
const intervenable = ({ model }: Subject): ModelAdapter<'activations' | 'gradient' | 'intervention'> | undefined => {
  const { capabilities } = model;
  return capabilities.has('intervention') ? (model as ModelAdapter<'activations' | 'gradient' | 'intervention'>) : undefined;
};

/** Random values for a layer, channels first, for as many samples as the batch has. */
function valuesFor({ network, batch }: Subject, position: number): Tensor {
  const [reference] = [referenceActivations(network, referenceSample(batch, 0))[position]!];
  const { normal } = randomStream(4, network.name, String(position));
  const shape = [batchSize(batch), ...reference.shape];
  return { shape, data: Float32Array.from({ length: sizeOf(shape) }, normal) };
}

/** What is left of a network behind one of its layers. */
function behind(network: ContractNetwork, position: number, given: Tensor): ContractNetwork {
  return { ...network, inputShape: given.shape.slice(1), layers: network.layers.slice(position + 1) };
}

/** From the given values on, the network is the reference without its first layers; what comes before is as without them. */
async function goesOnFromGivenValues(subject: Subject, tolerance: number): Promise<void> {
  const { network, batch, input } = subject;
  const model = intervenable(subject);
  if (model === undefined) return;
  const targets = Array.from({ length: batchSize(batch) }, (_, sample) => sample % network.classes);
  const objective: Objective = { kind: 'margin', targets };
  for (let position = 0; position < logitsPosition(network); position++) {
    const name = network.layers[position]!.name;
    const given = valuesFor(subject, position);
    const first = network.layers[0]!.name;
    const intervention = { layer: name, values: toLayout(given, findLayer(model, name).layout) };
    const answer = await model.evaluate({ input, activations: [name, first], gradient: { of: objective, at: [name] }, intervention });
    const rest = behind(network, position, given);
    for (let sample = 0; sample < batchSize(batch); sample++) {
      const start = referenceSample(given, sample);
      const expected = referenceActivations(rest, start);
      const logits = expected[logitsPosition(rest)]!.data;
      assertClose(sampleData(answer.logits, sample), logits, tolerance, `logits of sample ${sample} from given values of ${name}`);
      assertClose(layerSample(subject.model, name, activationOf(answer, name), sample), start.data, 0, `given values of ${name}, read back`);
      const slope = referenceGradients(rest, start, objectiveCotangent(objective, logits, sample))[0]!;
      assertClose(layerSample(subject.model, name, gradientAt(answer, name), sample), slope, tolerance, `gradient at given values of ${name}`);
      if (position === 0) continue;
      const untouched = referenceActivations(network, referenceSample(batch, sample))[0]!.data;
      assertClose(layerSample(subject.model, first, activationOf(answer, first), sample), untouched, tolerance, `${first}, before given values of ${name}`);
    }
  }
}

/** Given values are cut along with the batch, and leave nothing behind. */
async function cutsGivenValues(subject: Subject, tolerance: number): Promise<void> {
  const { network, input } = subject;
  const model = intervenable(subject);
  if (model === undefined) return;
  const { name } = network.layers[0]!;
  const intervention = { layer: name, values: toLayout(valuesFor(subject, 0), findLayer(model, name).layout) };
  const before = await model.evaluate({ input });
  const whole = await model.evaluate({ input, intervention });
  const single = await model.evaluate({ input, intervention }, { memoryBudget: 1 });
  const after = await model.evaluate({ input });
  assertClose(single.logits.data, whole.logits.data, tolerance, 'logits from given values, sample by sample');
  assertClose(after.logits.data, before.logits.data, 0, 'logits after a query with given values');
  assert(before.logits.data.some((value, i) => value !== whole.logits.data[i]), () => 'given values change nothing');
}

async function refusesUnfitValues(subject: Subject): Promise<void> {
  const { network, input, batch } = subject;
  const model = intervenable(subject);
  if (model === undefined) return;
  const { name } = network.layers[0]!;
  const values = toLayout(valuesFor(subject, 0), findLayer(model, name).layout);
  const fewer = { shape: [batchSize(batch) - 1, ...values.shape.slice(1)], data: values.data.subarray(sizeOf(values.shape.slice(1))) };
  const holed = { ...values, data: values.data.map((value, i) => (i === 1 ? NaN : value)) };
  const smaller = { shape: [batchSize(batch), 1], data: new Float32Array(batchSize(batch)) };
  await assertRefused(model, { input, intervention: { layer: name, values: fewer } }, 'SHAPE_MISMATCH', 'values for too few samples');
  await assertRefused(model, { input, intervention: { layer: name, values: smaller } }, 'SHAPE_MISMATCH', 'values of another shape');
  await assertRefused(model, { input, intervention: { layer: name, values: holed } }, 'INPUT_NOT_FINITE', 'values that are not finite');
  await assertRefused(model, { input, intervention: { layer: 'no such layer', values } }, 'LAYER_NOT_FOUND', 'values for an unknown layer');
}

/** Demands on models whose layers can be given values; nothing is asked of others. */
export const interventionChecks: readonly SubjectCheck[] = [
  ['goes on from values given for a layer, forwards and backwards', goesOnFromGivenValues],
  ['cuts given values with the batch, and forgets them', cutsGivenValues],
  ['refuses values that do not fit the layer', refusesUnfitValues],
];
