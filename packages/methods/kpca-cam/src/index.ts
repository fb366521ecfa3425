export { kpcaCam, type KpcaCamOptions } from './kpca-cam.ts';
