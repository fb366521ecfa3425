export { hiResCam, type HiResCamOptions } from './hi-res-cam.ts';
