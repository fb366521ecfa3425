export { embeddedDataset, type EmbeddedDatasetOptions, type Split } from './shapes/embedded-dataset.ts';
