export {
  describeBroken, discoverMethods, loadPackage, type BrokenPackage, type Discovery, type FoundMethod, type FoundMetric, type FoundWrapper, type LoadedPackage,
  type SearchFolders,
} from './discover-methods.ts';
export { installedPackage } from './installed-packages.ts';
export { isMethodFactory, type AnyMethodFactory } from './method-factory.ts';
export { isMetricFactory, type AnyMetricFactory } from './metric-factory.ts';
export type { PackageManifest } from './package-manifest.ts';
export { isWrapperFactory, wrapperAsMethod, type AnyWrapperFactory } from './wrapper-factory.ts';
