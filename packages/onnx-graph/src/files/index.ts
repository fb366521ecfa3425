export { EXTERNAL_ABOVE, readModelFile, writeModelFile, type ModelFile } from './model-files.ts';
