export { ablationCam, type AblationCamOptions } from './ablation-cam.ts';
