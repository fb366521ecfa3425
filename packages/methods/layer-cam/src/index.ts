export { layerCam, type LayerCamOptions } from './layer-cam.ts';
