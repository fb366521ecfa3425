// Writes what the metrics of packages/metrics draw at random for the images of the reference file, so that Quantus and Captum get the same:
//   node tools/reference/record_metric_draws.mjs packages/metrics/test/references/scores.json draws.json
// Needs a build of packages/metrics. Nothing is taken from inside a metric: it is asked for scores, and its questions are written down.
import { readFileSync, writeFileSync } from 'node:fs';
import { superpixels } from '../../packages/core/dist/index.js';
import {
  averageSensitivity, faithfulnessCorrelation, localLipschitzEstimate, maxSensitivity, monotonicityNguyen, randomLogit, relativeInputStability, relativeOutputStability, relativeRepresentationStability,
  sensitivityN,
} from '../../packages/metrics/dist/index.js';

const [from, to] = process.argv.slice(2);
const { images, maps, targets } = JSON.parse(readFileSync(from, 'utf8'));
const [SAMPLES, HEIGHT, WIDTH, CLASSES] = [3, 8, 6, 3];
const PIXELS = HEIGHT * WIDTH;
const batch = (values) => ({ shape: [SAMPLES, 1, HEIGHT, WIDTH], data: Float32Array.from(values.flat(3)) });
const rows = ({ data }) => Array.from({ length: data.length / PIXELS }, (_, i) => [...data.subarray(i * PIXELS, (i + 1) * PIXELS)]);

/** Asks a metric for scores; gives the images that it wanted evaluated or explained, and the classes, sample by sample. */
async function questionsOf(metric) {
  const asked = { evaluated: [], explained: [], targets: [] };
  const input = batch(images);
  const model = {
    name: 'recorded', hash: '0', backend: { name: 'none', engine: 'none', device: 'none', versions: {} }, layers: [{ name: 'hidden' }], capabilities: new Set(['activations']), bytesPerSample: 1, classes: CLASSES,
    input: { name: 'x', shape: [null, 1, HEIGHT, WIDTH], layout: 'NCHW' }, output: { name: 'y', shape: [null, CLASSES], layout: 'NC' },
    evaluate: ({ input: query }) => {
      asked.evaluated.push(...rows(query));
      const logits = { shape: [query.shape[0], CLASSES], data: new Float32Array(query.shape[0] * CLASSES) };
      return Promise.resolve({ output: logits, logits, activations: new Map([['hidden', logits]]), gradients: new Map(), uncovered: [] });
    },
  };
  const explain = ({ input: query, targets: classes }) => {
    asked.explained.push(...rows(query));
    asked.targets.push(...classes);
    return Promise.resolve({ values: query, layout: 'NCHW' });
  };
  await metric.score({ model, input, targets, values: batch(maps), layout: 'NCHW', explain }, { seed: 0 });
  const bySample = (list) => Array.from({ length: SAMPLES }, (_, i) => list.slice((i * list.length) / SAMPLES, ((i + 1) * list.length) / SAMPLES));
  return { evaluated: bySample(asked.evaluated), explained: bySample(asked.explained), targets: bySample(asked.targets) };
}

/** The pixels that differ from the sample in each of its variants but the last, which is the sample as it is. */
const subsets = ({ evaluated }) => evaluated.map((variants, sample) => variants.slice(0, -1).map((image) => image.flatMap((value, pixel) => (value === images[sample].flat(2)[pixel] ? [] : [pixel]))));

const settings = { draws: 4 };
writeFileSync(to, JSON.stringify({
  // The mean of a channel is no value of a pixel, so that every pixel which is taken away shows.
  'faithfulness-correlation': subsets(await questionsOf(faithfulnessCorrelation({ subsets: 12, subsetSize: 10, substrate: 'mean' }))),
  'sensitivity-n': subsets(await questionsOf(sensitivityN({ subsets: 12, share: 0.25, substrate: 'mean' }))),
  'monotonicity-nguyen': (await questionsOf(monotonicityNguyen({ steps: 12, draws: 3, objective: 'logit' }))).evaluated.map((variants) => variants.slice(0, -1)),
  // The superpixels of IROF: Quantus would cut other ones.
  'segments': images.map((image) => [...superpixels(Float32Array.from(image.flat(2)), [1, 1, HEIGHT, WIDTH], 'NCHW', 12)]),
  'random-logit': (await questionsOf(randomLogit())).targets.flat(),
  ...Object.fromEntries(await Promise.all([
    maxSensitivity, averageSensitivity, localLipschitzEstimate, relativeInputStability, relativeOutputStability, relativeRepresentationStability,
  ].map(async (metric) =>
    [metric.name, (await questionsOf(metric(settings))).explained]))),
}));
