import { expect, jest, test } from '@jest/globals';

import { openEngine } from '../src/index.ts';

jest.mock('@tensorflow/tfjs-backend-wasm', () => {
  throw new Error("Cannot find package '@tensorflow/tfjs-backend-wasm'");
});

test('an engine whose package is gone is refused with what helps, and the others open', async () => {
  await expect(openEngine('wasm')).rejects.toMatchObject({
    code: 'BACKEND_UNAVAILABLE', details: { engine: 'wasm', reason: expect.stringContaining('cannot be loaded'), help: expect.stringContaining('Reinstall') },
  });
  expect((await openEngine('cpu')).engine).toBe('cpu');
});
