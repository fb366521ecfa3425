import { OPTIMIZATIONS, type Optimization } from '@pellucid/onnx-autodiff';

/** Those that pay because values stay in the blocked layout of convolutions, which ONNX Runtime has for x64 processors. */
const BLOCKED: ReadonlySet<Optimization> = new Set<Optimization>(['blocked-masks', 'channels-last-pools', 'late-interleaving', 'phase-convolutions', 'pool-distances', 'pool-phases', 'pool-picks', 'rectified-masks', 'shortcut-phases']);

/** Whether convolutions have the blocked layout on an execution provider, run by the native runtime or not, on a processor of this architecture. */
export function hasBlockedLayout(provider: string, architecture: string, native: boolean): boolean {
  return provider === 'cpu' && architecture === 'x64' && native;
}

/** The ways to compute gradients faster that are faster with the blocked layout, or without. */
export function suitedOptimizations(isBlocked: boolean): readonly Optimization[] {
  return isBlocked ? OPTIMIZATIONS : OPTIMIZATIONS.filter((name) => !BLOCKED.has(name));
}
