export { zooModel, zooModels } from './zoo.ts';
export type { ZooEntry, ZooFile } from './zoo-entry.ts';
