import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { decodeNpy, sampleData, tensor, type Metric, type MetricSubject, type Tensor } from '@pellucid/core';
import {
  energyInside, entropy, pointingGame, relevanceMassAccuracy, relevanceRankAccuracy, rocAuc, sparseness, topKIntersection,
} from '../src/index.ts';
import { sumChannels } from '../src/pixels.ts';
import { analyticModel } from './analytic-model.ts';

const ROOT = join(import.meta.dirname, '../../../../shared/golden');
const networks = ['cifar', 'fmnist', 'zoo', 'mobile', 'vit'].filter((name) => existsSync(join(ROOT, name, 'manifest.json')));

interface Manifest {
  readonly metrics: Readonly<Record<string, { readonly values: (number | boolean)[] }>>;
}

/** Maps of a trained network, summed over channels, with a box in the centre as the object. No metric here asks the network. */
function subjectOf(name: string): MetricSubject {
  const read = (file: string): Tensor => decodeNpy(readFileSync(join(ROOT, name, file)), file);
  const { height, width, maps } = sumChannels(read('attr/ig_baseline_gausslegendre_50.npy'), 'NCHW');
  const input = read('input.npy');
  const inside = (pixel: number): number => {
    const [y, x] = [Math.floor(pixel / width), pixel % width];
    return y >= height / 4 && y < (3 * height) / 4 && x >= width / 4 && x < (3 * width) / 4 ? 1 : 0;
  };
  return {
    model: analyticModel(input.shape.slice(1), 'NCHW', () => [0, 0]).model,
    input, targets: maps.map(() => 0),
    values: tensor([maps.length, 1, height, width], maps.flatMap((map) => [...map])), layout: 'NCHW',
    masks: tensor([maps.length, height, width], maps.flatMap((map) => Array.from(map, (_, pixel) => inside(pixel)))),
  };
}

const magnitude = { evidence: 'magnitude' } as const;
const METRICS: [string, Metric][] = [
  ['Sparseness', sparseness()], ['Complexity', entropy()], ['PointingGame', pointingGame(magnitude)], ['AttributionLocalisation', energyInside(magnitude)],
  ['TopKIntersection', topKIntersection({ k: 100, ...magnitude })], ['RelevanceRankAccuracy', relevanceRankAccuracy(magnitude)],
  ['RelevanceMassAccuracy', relevanceMassAccuracy(magnitude)], ['AUC', rocAuc(magnitude)],
];

(networks.length === 0 ? test.skip : test)('scores of maps of trained networks are those of Quantus', async () => {
  for (const network of networks) {
    const { metrics } = JSON.parse(readFileSync(join(ROOT, network, 'manifest.json'), 'utf8')) as Manifest;
    const subject = subjectOf(network);
    for (const [name, metric] of METRICS) {
      const scores = await metric.score(subject, { seed: 0 });
      metrics[`quantus_${name}`]?.values.forEach((value, sample) => {
        // Quantus adds 1e-7 to every magnitude before Gini's index, which shrinks it by the mean over the mean that is so much higher.
        const map = sampleData(subject.values, sample);
        const mean = map.reduce((sum, entry) => sum + Math.abs(entry), 0) / map.length;
        const expected = Number(value) * (name === 'Sparseness' ? 1 + 1e-7 / mean : 1);
        // It adds up in single precision.
        expect([network, name, sample, Math.abs(scores[sample]! - expected) < 2e-6]).toEqual([network, name, sample, true]);
      });
    }
  }
});
