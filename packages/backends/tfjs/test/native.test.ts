import { describe, expect, test } from '@jest/globals';
import { backendContract } from '@pellucid/testkit';

import { findNativePackage } from '../src/engine/native-package.ts';
import { VERIFIED_GRADIENTS } from '../src/gradients/verified-gradients.ts';
import { loadModel, openEngine } from '../src/index.ts';
import { checkGradient } from './check-gradient.ts';
import { asGraphModel, asLayersModel } from './contract-models.ts';
import { GRADIENT_CASES } from './gradient-cases.ts';

// The native package is optional: these run where it is installed beside the program, and it shares its process with no other engine.
const native = findNativePackage('@tensorflow/tfjs-node');
const whereInstalled = native.found ? describe : describe.skip;

whereInstalled(native.found ? 'on engine node' : `on engine node: skipped, ${native.reason}`, () => {
  const crossed = new Set<string>();

  test.each(Object.entries(GRADIENT_CASES))('%s: the gradient agrees with finite differences', async (_, gradientCase) => {
    const engine = await openEngine('node');
    const { error, kernels, leaked } = await engine.exclusive(() => checkGradient(gradientCase));
    kernels.forEach((kernel) => crossed.add(kernel));
    expect(error).toBeLessThan(1e-3);
    expect(leaked).toBe(0);
  });

  test('every gradient that counts as verified has a case', () => {
    expect([...VERIFIED_GRADIENTS.keys()].filter((kernel) => !crossed.has(kernel))).toEqual([]);
  });

  for (const build of [asLayersModel, asGraphModel]) {
    for (const { name, run } of backendContract((network) => loadModel(build(network), { engine: 'node' }))) {
      test(`${build === asLayersModel ? 'layers model' : 'graph model'}: ${name}`, run);
    }
  }

  test('the portable engines are refused beside it', async () => {
    await expect(openEngine('wasm')).rejects.toMatchObject({ code: 'BACKEND_UNAVAILABLE' });
  });
});
