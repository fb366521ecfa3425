import { batchSize, concatBatches, convertLayout, isSpatial, sampleData, sliceBatch, type ModelAdapter, type Tensor } from '@pellucid/core';
import type { ContractCheck } from '../contract-check.ts';
import { require, requireClose } from './assertions.ts';
import { explainImages, imageRequest, SAMPLES, subjectModel, type ImageRequest, type Subject } from './subject.ts';

/** Sums are taken in another order where channels lie elsewhere in memory: what single precision makes of that. */
const LAYOUT_TOLERANCE = 1e-6;

const only = (subject: Subject, sample: number): ImageRequest => {
  const { input, targets, ...rest } = imageRequest(subject);
  return { ...rest, input: sliceBatch(input, sample, sample + 1), targets: [targets[sample]!] };
};

async function checkShape(subject: Subject): Promise<void> {
  const { values, provenance } = await explainImages(subject);
  require(batchSize(values) === SAMPLES, `a map per sample: expected ${SAMPLES}, got ${batchSize(values)}`);
  require(values.data.length === values.shape.reduce((a, b) => a * b, 1), 'the values fill the shape');
  require(values.data.every(Number.isFinite), 'every value is finite');
  require(values.data.some((value) => value !== 0), 'a random network gives a map that is not all zero');
  require(isSpatial(provenance.layout) === (values.shape.length === 4), `the layout ${provenance.layout} fits the shape of the map`);
}

async function checkBatches(subject: Subject): Promise<void> {
  const { values } = await explainImages(subject);
  for (let sample = 0; sample < SAMPLES; sample++) {
    const alone = await explainImages(subject, only(subject, sample));
    requireClose(alone.values, sliceBatch(values, sample, sample + 1), subject.tolerance, `sample ${sample} alone and in a batch`);
  }
}

async function checkOrder(subject: Subject): Promise<void> {
  const { input, targets, ...rest } = imageRequest(subject);
  const order = Array.from({ length: SAMPLES }, (_, i) => SAMPLES - 1 - i);
  const turn = (batch: Tensor): Tensor => concatBatches(order.map((sample) => sliceBatch(batch, sample, sample + 1)));
  const { values } = await explainImages(subject);
  const turned = await explainImages(subject, { ...rest, input: turn(input), targets: order.map((sample) => targets[sample]!) });
  requireClose(turned.values, turn(values), subject.tolerance, 'the same batch in another order');
}

/** The same model, recording the sizes of the batches that it is asked about. */
function observed(model: ModelAdapter): { readonly model: ModelAdapter; readonly sizes: number[] } {
  const sizes: number[] = [];
  const evaluate: ModelAdapter['evaluate'] = (query, options) => {
    sizes.push(batchSize(query.input));
    return model.evaluate(query, options);
  };
  return { model: { ...model, evaluate }, sizes };
}

async function checkChunks(subject: Subject): Promise<void> {
  const { values } = await explainImages(subject);
  for (const chunk of [1, 2]) {
    const { model, sizes } = observed(subjectModel(subject));
    const tight = await explainImages(subject, { ...imageRequest(subject), memoryBudget: chunk * model.bytesPerSample }, model);
    requireClose(tight.values, values, subject.tolerance, `memory for ${chunk} samples at once`);
    const largest = Math.max(...sizes);
    require(largest <= Math.max(SAMPLES, chunk), `no batch is larger than the given one or the chunk: ${largest} samples were passed`);
  }
}

async function checkLayouts(subject: Subject): Promise<void> {
  const first = await explainImages(subject);
  const last = await explainImages(subject, imageRequest(subject, 'NHWC'), subjectModel(subject, { layout: 'NHWC' }));
  require(isSpatial(first.provenance.layout) && isSpatial(last.provenance.layout), 'the maps of images are images');
  const turned = convertLayout(last.values, last.provenance.layout, first.provenance.layout);
  requireClose(turned, first.values, Math.max(LAYOUT_TOLERANCE, subject.tolerance), 'channels last and channels first');
}

async function checkInput(subject: Subject): Promise<void> {
  const request = imageRequest(subject);
  await explainImages(subject, request);
  const fresh = imageRequest(subject);
  for (let sample = 0; sample < SAMPLES; sample++) {
    const untouched = sampleData(fresh.input, sample).every((value, i) => Object.is(value, sampleData(request.input, sample)[i]));
    require(untouched, `sample ${sample} of the input is left as it was`);
  }
}

/** What must not change a map: the company of other samples, their order, the memory, the layout, another run. */
export function invarianceChecks(subject: Subject): ContractCheck[] {
  const alone: ContractCheck[] = [
    { name: 'explains a sample alone as in a batch', run: () => checkBatches(subject) },
    { name: 'does not mind the order of a batch', run: () => checkOrder(subject) },
  ];
  return [
    { name: 'makes a finite map per sample', run: () => checkShape(subject) },
    {
      name: 'gives the same bits for the same seed',
      run: async () => {
        const first = await explainImages(subject);
        const second = await explainImages(subject);
        requireClose(second.values, first.values, 0, 'a second run');
      },
    },
    // Maps that share a basis depend on the batch by design.
    ...(subject.factory.kind === 'batch' ? [] : alone),
    { name: 'gives the same answer in any amount of memory', run: () => checkChunks(subject) },
    ...(subject.loaded === undefined ? [{ name: 'follows the layout of the model', run: () => checkLayouts(subject) }] : []),
    { name: 'leaves the input as it was', run: () => checkInput(subject) },
  ];
}
