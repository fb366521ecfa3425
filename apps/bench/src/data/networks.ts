import { imageGeometry, type LabelledImages } from '@pellucid/core';
import { plainCnn, pruningCnn, residualCnn, resnet18, type NetworkDefinition } from '@pellucid/training';
import type { Recipe } from '../configuration/configuration.ts';

/** The name of a network that can be trained from scratch. */
export type NetworkName = 'plain-cnn' | 'pruning-cnn' | 'residual-cnn' | 'resnet-18';

const DEFINITIONS: Readonly<Record<NetworkName, typeof plainCnn>> = {
  'plain-cnn': plainCnn, 'pruning-cnn': pruningCnn, 'residual-cnn': residualCnn, 'resnet-18': resnet18,
};

/** All of them. */
export const NETWORKS: readonly NetworkName[] = ['plain-cnn', 'pruning-cnn', 'residual-cnn', 'resnet-18'];

/** The network of a recipe, for images of this size and these classes. */
export function networkFor({ network, width }: Pick<Recipe, 'network' | 'width'>, { images, layout, classNames }: LabelledImages): NetworkDefinition {
  const { height, width: columns, channels } = imageGeometry(images.shape, layout);
  const name = NETWORKS.find((candidate) => candidate === network);
  if (name === undefined) throw new Error(`internal: unknown network ${network}`);
  return DEFINITIONS[name]({ input: [height, columns, channels], classes: classNames.length, width });
}
