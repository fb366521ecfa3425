export { occlusion, type OcclusionOptions } from './occlusion.ts';
