import { findLayer, type Tensor } from '@pellucid/core';
import type { SubjectCheck } from './backend-check.ts';
import { assert, assertClose, type Subject } from './subject.ts';

/** Every bias of the network is told, has the rank of its layer, and lies along the axis of the channels. */
async function tellsBiases({ model, network }: Subject, tolerance: number): Promise<void> {
  if (!model.capabilities.has('biases')) return;
  const biases: ReadonlyMap<string, Tensor> = (await model.biases?.()) ?? new Map<string, Tensor>();
  for (const layer of network.layers) {
    if (layer.kind !== 'conv' && layer.kind !== 'dense') continue;
    const { name, shape, layout } = findLayer(model, layer.name);
    const bias = biases.get(name);
    assert(bias !== undefined, () => `biases: that of ${layer.name} is missing`);
    const channels = layout.indexOf('C');
    const expected = (shape ?? []).map((_, axis) => (axis === channels ? layer.bias.data.length : 1));
    assert(bias.shape.join() === expected.join(), () => `bias of ${layer.name}: expected shape [${expected.join()}], got [${bias.shape.join()}]`);
    assertClose(bias.data, layer.bias.data, tolerance, `bias of ${layer.name}`);
  }
}

/** Demands on models that tell their biases; nothing is asked of others. */
export const biasChecks: readonly SubjectCheck[] = [['tells what its layers add', tellsBiases]];
