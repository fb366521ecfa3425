import { OPTIMIZATIONS, type Optimization } from '@pellucid/onnx-autodiff';

/** Those that pay because values stay in the blocked layout of convolutions, which ONNX Runtime has for x64 processors. */
const BLOCKED: ReadonlySet<Optimization> = new Set<Optimization>(['blocked-masks', 'channels-last-pools', 'late-interleaving', 'phase-convolutions', 'pool-distances', 'pool-phases', 'pool-picks', 'rectified-masks', 'shortcut-phases']);

/** The ways to compute gradients faster that are faster on an execution provider, run by the native runtime on a processor of this architecture. */
export function suitedOptimizations(provider: string, architecture: string, native: boolean): readonly Optimization[] {
  return provider === 'cpu' && architecture === 'x64' && native ? OPTIMIZATIONS : OPTIMIZATIONS.filter((name) => !BLOCKED.has(name));
}
