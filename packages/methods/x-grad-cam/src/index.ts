export { xGradCam, type XGradCamOptions } from './x-grad-cam.ts';
