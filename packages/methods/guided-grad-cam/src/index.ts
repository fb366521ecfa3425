export { guidedGradCam, type GuidedGradCamOptions } from './guided-grad-cam.ts';
