import { imageGeometry, type LabelledImages } from '@pellucid/core';
import { plainCnn, residualCnn, type NetworkDefinition } from '@pellucid/training';
import type { Recipe } from '../configuration/configuration.ts';

const DEFINITIONS = { 'plain-cnn': plainCnn, 'residual-cnn': residualCnn };

/** The networks that can be trained from scratch. */
export const NETWORKS: readonly (keyof typeof DEFINITIONS)[] = ['plain-cnn', 'residual-cnn'];

/** The network of a recipe, for images of this size and these classes. */
export function networkFor({ network, width }: Pick<Recipe, 'network' | 'width'>, { images, layout, classNames }: LabelledImages): NetworkDefinition {
  const { height, width: columns, channels } = imageGeometry(images.shape, layout);
  const name = NETWORKS.find((candidate) => candidate === network);
  if (name === undefined) throw new Error(`internal: unknown network ${network}`);
  return DEFINITIONS[name]({ input: [height, columns, channels], classes: classNames.length, width });
}
