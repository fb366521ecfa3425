export { gradCamElementWise, type GradCamElementWiseOptions } from './grad-cam-element-wise.ts';
