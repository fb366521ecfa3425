export { inputXGradient } from './input-x-gradient.ts';
