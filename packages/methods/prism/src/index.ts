export type { BasisSettings, PrismBasis } from './basis.ts';
export type { ColourScale } from './colours.ts';
export type { ComponentBasis } from './principal-components.ts';
export { fitPrism, prism, type FitRequest, type PrismOptions } from './prism.ts';
