import type { NodeProto } from '@pellucid/onnx-graph';
import type { ChainFacts, ChainFinder } from './chain-facts.ts';
import { behindCasts, common, fits, meanOf, orders, sameAxes, statisticsOf, underRoot, type Statistics } from './normalization-parts.ts';

/** What x is multiplied by: 1 / sqrt(variance + epsilon), and a scale. */
interface Factor {
  readonly name: string;
  readonly scale: string | null;
  readonly statistics: Statistics;
}

function factorOf(name: string, facts: ChainFacts): Factor | null {
  const candidates: (readonly [root: string, scale: string | null])[] = [[name, null], ...orders(behindCasts(name, facts), 'Mul')];
  for (const [root, scale] of candidates) {
    const sum = underRoot(root, true, facts);
    const statistics = sum === null ? null : statisticsOf(sum, facts);
    if (statistics?.centred === true) return { name, scale, statistics };
  }
  return null;
}

/** Whether a name is the mean that the variance was taken around times the factor. */
const isShift = (name: string, { name: factor, statistics }: Factor, facts: ChainFacts): boolean =>
  orders(behindCasts(name, facts), 'Mul').some(([a, b]) => {
    const mean = common(b, factor, facts) === null ? null : meanOf(a, facts);
    return mean !== null && common(mean.of, statistics.x, facts) !== null && sameAxes(statistics.axes, mean.axes);
  });

/** Whether a name is that with the other sign. */
function isNegativeShift(name: string, factor: Factor, facts: ChainFacts): boolean {
  const node = behindCasts(name, facts);
  if (node?.opType === 'Neg') return isShift(node.input[0] ?? '', factor, facts);
  return orders(node, 'Mul').some(([a, b]) => {
    const negated = behindCasts(a, facts);
    const mean = negated?.opType === 'Neg' && common(b, factor.name, facts) !== null ? meanOf(negated.input[0] ?? '', facts) : null;
    return mean !== null && common(mean.of, factor.statistics.x, facts) !== null && sameAxes(factor.statistics.axes, mean.axes);
  });
}

/** The offset beside the shift in what is added to the product; `null` where there is none, `undefined` where it is something else. */
function offsetOf(added: string, factor: Factor, facts: ChainFacts): string | null | undefined {
  if (isNegativeShift(added, factor, facts)) return null;
  const node = behindCasts(added, facts);
  const [minuend = '', subtrahend = ''] = node?.opType === 'Sub' ? node.input : [];
  if (subtrahend !== '') return isShift(subtrahend, factor, facts) ? minuend : undefined;
  return orders(node, 'Add').find(([shift]) => isNegativeShift(shift, factor, facts))?.[1];
}

/** A product and what is added to it, which a difference has with its sign changed. */
function* sums(node: NodeProto, facts: ChainFacts): Generator<readonly [product: string, offset: (factor: Factor) => string | null | undefined]> {
  for (const [product, added] of orders(node, 'Add')) yield [product, (factor) => offsetOf(added, factor, facts)];
  const [product = '', subtracted = ''] = node.opType === 'Sub' ? node.input : [];
  if (subtracted !== '') yield [product, (factor) => (isShift(subtracted, factor, facts) ? null : undefined)];
}

/** x f + (offset - mean f) with f = scale / sqrt(variance + epsilon): layer normalisation as TensorFlow computes it. */
export const factoredNormalization: ChainFinder = (node, facts) => {
  const [output = ''] = node.output;
  for (const [product, offsetFor] of sums(node, facts)) {
    for (const [values, name] of orders(behindCasts(product, facts), 'Mul')) {
      const factor = factorOf(name, facts);
      const x = factor && common(values, factor.statistics.x, facts);
      const offset = x ? offsetFor(factor) : undefined;
      if (!x || offset === undefined) continue;
      const parameters = [factor.scale, offset].filter((parameter) => parameter !== null);
      if (parameters.every((parameter) => fits(parameter, output, factor.statistics.axes, facts))) return { operator: 'LayerNormalization', x, parameters, output };
    }
  }
  return null;
};
