import type { RuleCase } from '../check-rule.ts';
import { chanceOf, type Chance } from './chance.ts';
import { attention, blocksToImage, einsum, gemm, matMul, normalization, recurrent, rotation, spectrum } from './layers.ts';
import { broadcasting, choice, clip, cumulative, reduction, slopes, softmax, unary } from './mathematics.ts';
import { resize } from './resizing.ts';
import { affineGrid, cumulativeProduct, determinant, gridSample, roiAlign } from './sampling.ts';
import {
  blocks, compress, concat, expand, gather, gatherElements, gatherND, pad, rearrangement, reverseSequence, scatter, scatterElements, scatterND, slice, split, tile, topK,
} from './selections.ts';
import { convolution, globalPool, pool, transposed } from './windows.ts';

/** Generators of cases, and how often each is drawn: by how many forms it has. */
const FAMILIES: readonly (readonly [weight: number, generate: (chance: Chance) => RuleCase])[] = [
  [8, unary], [2, clip], [6, broadcasting], [1, choice], [6, reduction], [2, softmax], [1, slopes], [1, cumulative], [8, convolution], [5, transposed], [8, pool], [2, globalPool],
  [4, pad], [4, slice], [3, gather], [2, gatherElements], [2, gatherND], [2, scatterElements], [1, scatter], [2, scatterND], [2, tile], [1, expand], [2, concat], [2, split], [3, rearrangement],
  [1, blocks], [2, topK], [1, compress], [1, reverseSequence], [8, resize], [3, gemm], [3, matMul], [4, einsum], [6, normalization], [4, attention], [3, recurrent], [1, rotation], [2, spectrum], [1, blocksToImage], [5, gridSample],
  [1, affineGrid], [2, roiAlign], [1, determinant], [1, cumulativeProduct],
];
const TICKETS = FAMILIES.flatMap(([weight, generate]) => Array.from({ length: weight }, () => generate));

/** Case number `index` of a sweep: an operator with random attributes and shapes. */
export function randomCase(seed: number, index: number): RuleCase {
  const chance = chanceOf(seed, index);
  const generated = chance.pick(TICKETS)(chance);
  return { ...generated, seed: seed * 1_000_003 + index };
}
