export { eigenGradCam, type EigenGradCamOptions } from './eigen-grad-cam.ts';
