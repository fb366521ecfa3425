export { eigenCam, type EigenCamOptions } from './eigen-cam.ts';
