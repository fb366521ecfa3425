import { describe, test } from '@jest/globals';
import { backendContract } from '@pellucid/testkit';

import { loadModel } from '../src/index.ts';
import { asGraphModel, asLayersModel } from './contract-models.ts';
import { ENGINES } from './engines.ts';

describe.each(ENGINES)('on engine %s', (engine) => {
  describe.each([
    ['layers model', asLayersModel],
    ['graph model', asGraphModel],
  ] as const)('as a %s', (_, build) => {
    for (const { name, run } of backendContract((network) => loadModel(build(network), { engine, name: network.name }))) test(name, run);
  });
});
