import type { Recipe } from '../configuration/configuration.ts';

/** A published result of pruning: one seed, features ranked by accumulated gradients, the same recipe before and after. */
export interface PublishedFigure {
  /** Accuracies and their difference, in percent and points. */
  readonly referenceAccuracy: number;
  readonly accuracy: number;
  readonly drop: number;
}

/** Data set, network and share kept, with the accuracy before and after: batches of 256, Adam with 0.001, 20 epochs; ResNet-18 began with the weights of ImageNet. Drops are their differences: the last one is printed as 7.52. */
const TABLE: readonly (readonly [dataset: string, network: string, kept: number, before: number, after: number])[] = [
  ['fashion-mnist', 'plain-cnn', 60, 88.68, 85.94], ['fashion-mnist', 'plain-cnn', 40, 88.68, 84.43], ['fashion-mnist', 'plain-cnn', 10, 88.68, 78.54],
  ['svhn', 'plain-cnn', 60, 87.44, 87.01], ['svhn', 'plain-cnn', 40, 87.44, 86.66], ['svhn', 'plain-cnn', 10, 87.44, 81.61],
  ['fashion-mnist', 'resnet-18', 60, 90.47, 88.39], ['fashion-mnist', 'resnet-18', 40, 90.47, 86.80], ['fashion-mnist', 'resnet-18', 10, 90.47, 81.24],
  ['svhn', 'resnet-18', 60, 89.58, 88.15], ['svhn', 'resnet-18', 40, 89.58, 87.82], ['svhn', 'resnet-18', 10, 89.58, 82.33],
];

/** The data sets of the table. */
export const PUBLISHED_DATASETS: readonly string[] = ['fashion-mnist', 'svhn'];

/** How its networks were trained; ResNet-18 from the weights of ImageNet, where ours begins anew. */
export const PUBLISHED_RECIPES: readonly Recipe[] = [
  { network: 'plain-cnn', width: 10, epochs: 20, batchSize: 256, learningRate: 1e-3 },
  { network: 'resnet-18', width: 64, epochs: 20, batchSize: 256, learningRate: 1e-3 },
];

/** What is published for a row of pruning, if anything is. */
export function publishedFigure(row: {
  readonly dataset: string; readonly network: string; readonly ranking: string; readonly direction: 'keep' | 'remove'; readonly fraction: number;
}): PublishedFigure | undefined {
  if (row.direction !== 'keep' || !row.ranking.startsWith('accumulated-gradients')) return undefined;
  const found = TABLE.find(([dataset, network, kept]) => dataset === row.dataset && network === row.network && kept === row.fraction);
  if (found === undefined) return undefined;
  const [, , , referenceAccuracy, accuracy] = found;
  return { referenceAccuracy, accuracy, drop: Number((referenceAccuracy - accuracy).toFixed(2)) };
}
