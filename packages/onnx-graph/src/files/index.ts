export { openModelFile, readModelFile, type ModelFile, type OpenedModelFile } from './read-model-file.ts';
export { EXTERNAL_ABOVE, writeModelFile } from './write-model-file.ts';
