import { ARRANGEMENT } from './arrangement.ts';
import { CONVOLUTIONS } from './convolutions.ts';
import { ELEMENTWISE } from './elementwise.ts';
import type { GradientCase } from './gradient-case.ts';
import { IMAGES } from './images.ts';
import { MATRIX_PRODUCTS } from './matrix-products.ts';
import { REDUCTIONS } from './reductions.ts';

/** Every operation whose gradient may be used, in the forms that networks use it in. */
export const GRADIENT_CASES: Readonly<Record<string, GradientCase>> = {
  ...ARRANGEMENT,
  ...CONVOLUTIONS,
  ...ELEMENTWISE,
  ...IMAGES,
  ...MATRIX_PRODUCTS,
  ...REDUCTIONS,
};
