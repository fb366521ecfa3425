export { shapleyCam, type ShapleyCamOptions } from './shapley-cam.ts';
