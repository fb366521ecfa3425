import { expect } from '@jest/globals';
import { loadModel } from '@pellucid/backend-onnxruntime';
import { OTHER_ACTIVATIONS, testReferences } from '@pellucid/reference-values';
import { guidedBackprop } from './guided-backprop.ts';

testReferences({
  networks: ['mlp', 'cifar', 'fmnist', 'zoo', 'mobile'],
  key: 'guided_backprop',
  load: loadModel,
  method: () => guidedBackprop(),
  // It names the activations that it has no rule for.
  also: ({ provenance: { uncovered } }, { name }) => {
    const others = OTHER_ACTIVATIONS[name];
    expect(uncovered.length > 0).toBe(others !== undefined);
    for (const operation of uncovered) expect(operation).toMatch(others ?? /^$/);
  },
});
