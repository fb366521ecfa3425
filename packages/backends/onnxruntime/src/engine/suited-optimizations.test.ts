import { OPTIMIZATIONS } from '@pellucid/onnx-autodiff';
import { expect, test } from '@jest/globals';
import { hasBlockedLayout, suitedOptimizations } from './suited-optimizations.ts';

test('the native engine on an x64 processor gets every optimisation', () => {
  expect(suitedOptimizations(hasBlockedLayout('cpu', 'x64', true))).toEqual(OPTIMIZATIONS);
});

test.each([['cpu', 'arm64', true], ['cuda', 'x64', true], ['webgpu', 'arm64', true], ['wasm', 'x64', false], ['cpu', 'x64', false]] as const)(
  'where there is no blocked layout, what relies on it is left out: %s on %s, native: %s', (provider, architecture, native) => {
    const suited = suitedOptimizations(hasBlockedLayout(provider, architecture, native));
    expect(OPTIMIZATIONS.filter((name) => !suited.includes(name))).toEqual(['blocked-masks', 'channels-last-pools', 'late-interleaving', 'phase-convolutions', 'pool-distances', 'pool-phases', 'pool-picks', 'rectified-masks', 'shortcut-phases']);
  },
);
