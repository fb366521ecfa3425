import type { ChainFinder } from './chain-facts.ts';
import { fits, orders } from './normalization-parts.ts';

/** Operators with weights, by the axis of their outputs, from the front or the back, that a bias has a value for. */
const FEATURE_AXIS: Readonly<Record<string, number>> = { Conv: 1, ConvTranspose: 1, Gemm: -1, MatMul: -1 };

/**
 * A dense layer or a convolution whose bias exporters write as a sum behind it: MatMul takes none, and is how layers on tokens are written. One stored value
 * for each feature; anything else that is added is no bias.
 */
export const writtenBias: ChainFinder = (node, facts) => {
  // Before, operands broadcast by attributes.
  if (facts.opset < 7) return null;
  for (const [product, bias] of orders(node, 'Add')) {
    const layer = facts.producer(product);
    const [x = '', weight = '', own = ''] = layer?.input ?? [];
    const shape = facts.typeOf(product).shape;
    const place = FEATURE_AXIS[layer?.opType ?? ''];
    if (layer === undefined || place === undefined || own !== '' || !facts.isStored(weight) || !shape || shape.length < 2) continue;
    // Stored stacks of matrices are no weights of one layer.
    if (layer.opType === 'MatMul' && facts.typeOf(weight).shape?.length !== 2) continue;
    const axis = place < 0 ? shape.length + place : place;
    const length = facts.typeOf(bias).shape?.at(axis - shape.length);
    if (length === undefined || length !== shape[axis] || !fits(bias, product, [axis], facts)) continue;
    return { operator: layer.opType, x, parameters: [weight, bias], output: node.output[0] ?? '' };
  }
  return null;
};
