import { expect, test } from '@jest/globals';

import { findNativePackage } from '../src/engine/native-package.ts';
import { openEngine } from '../src/index.ts';

// Apart from the other tests of engines: nothing may be open yet.
const installed = (['node', 'node-gpu'] as const).filter((engine) => findNativePackage(`@tensorflow/tfjs-${engine}`).found);

test('a native engine that is not installed is refused with what is missing and how to get it; wasm stands in when nothing was asked for', async () => {
  for (const engine of (['node', 'node-gpu'] as const).filter((name) => !installed.includes(name))) {
    await expect(openEngine(engine)).rejects.toMatchObject({
      code: 'BACKEND_UNAVAILABLE',
      details: { engine, reason: expect.stringContaining(`@tensorflow/tfjs-${engine}`), help: expect.stringContaining('Install') },
    });
  }
  // Where a native engine is there, other tests open it.
  if (installed.length === 0) expect((await openEngine()).engine).toBe('wasm');
});
