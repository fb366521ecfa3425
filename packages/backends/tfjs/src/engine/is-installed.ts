import { isNative, type EngineName } from './engine-name.ts';
import { findNativePackage } from './native-package.ts';

/** Whether an engine's package is there, with its native addon where it needs one. Nothing is loaded; only opening it shows that it works. */
export function isInstalled(engine: EngineName): boolean {
  return !isNative(engine) || findNativePackage(`@tensorflow/tfjs-${engine}`).found;
}
