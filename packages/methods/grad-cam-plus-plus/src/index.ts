export { gradCamPlusPlus, type GradCamPlusPlusOptions } from './grad-cam-plus-plus.ts';
