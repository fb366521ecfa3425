import type { NodeProto } from '@pellucid/onnx-graph';
import { isFloatCast, type Chain, type ChainFacts, type ChainFinder } from './chain-facts.ts';
import { centre, common, fits, orders, sameAxes, statisticsOf, underRoot } from './normalization-parts.ts';

/** Values that were normalised: which, where they come out, and the axes that a scale and an offset may differ along. */
interface Core extends Chain {
  readonly axes: readonly number[];
}

/** Numerators, with the variance plus epsilon whose root they are divided by. */
function* quotients(node: NodeProto, facts: ChainFacts): Generator<readonly [numerator: string, variance: string]> {
  const [above = '', below = ''] = node.input;
  const divisor = node.opType === 'Div' ? underRoot(below, false, facts) : null;
  if (divisor !== null) yield [above, divisor];
  for (const [numerator, factor] of orders(node, 'Mul')) {
    const variance = underRoot(factor, true, facts);
    if (variance !== null) yield [numerator, variance];
  }
}

/** (x - mean) / sqrt(variance + epsilon), or x / sqrt(mean(x^2) + epsilon). */
function writtenOut(node: NodeProto, facts: ChainFacts): Core | null {
  for (const [numerator, sum] of quotients(node, facts)) {
    const statistics = statisticsOf(sum, facts);
    const above = centre(numerator, facts);
    const x = statistics && above && common(above.x, statistics.x, facts);
    if (!x || !sameAxes(statistics.axes, above.axes) || (above.axes !== null) !== statistics.centred) continue;
    return { operator: statistics.centred ? 'LayerNormalization' : 'RMSNormalization', x, parameters: [], output: node.output[0] ?? '', axes: statistics.axes };
  }
  return null;
}

/** The only node that reads a tensor, which no gradient is asked for at. */
function onlyReader(name: string, facts: ChainFacts, kept: ReadonlySet<string>): NodeProto | undefined {
  const readers = facts.readers(name);
  return readers.length === 1 && !kept.has(name) ? readers[0] : undefined;
}

/** With a product or a sum behind it, where its other operand is stored. */
function withParameter(core: Core, operator: 'Add' | 'Mul', facts: ChainFacts, kept: ReadonlySet<string>): Core {
  const reader = onlyReader(core.output, facts, kept);
  if (reader && isFloatCast(reader, facts)) {
    const cast = { ...core, output: reader.output[0] ?? '' };
    const further = withParameter(cast, operator, facts, kept);
    return further === cast ? core : further;
  }
  const [, parameter = ''] = orders(reader, operator).find(([a]) => a === core.output) ?? [];
  if (!fits(parameter, core.output, core.axes, facts)) return core;
  return { ...core, output: reader?.output[0] ?? '', parameters: [...core.parameters, parameter] };
}

const affine = (core: Core, facts: ChainFacts, kept: ReadonlySet<string>): Core => withParameter(withParameter(core, 'Mul', facts, kept), 'Add', facts, kept);

/** Normalised groups of channels, put together again: the reshapes around them belong to it. `null` where these do not put back what they took apart. */
function regrouped(core: Core, facts: ChainFacts, kept: ReadonlySet<string>): Core | null {
  const apart = facts.producer(core.x);
  const back = onlyReader(core.output, facts, kept);
  const [x = '', output = ''] = [apart?.input[0], back?.output[0]];
  if (apart?.opType !== 'Reshape' || back?.opType !== 'Reshape' || core.operator === 'RMSNormalization') return null;
  const [whole, groups, result] = [x, core.x, output].map((name) => facts.typeOf(name).shape ?? []) as [number[], number[], number[]];
  const keepsSamples = whole[0] === groups[0] && whole[0] !== null;
  const isBack = whole.length === result.length && whole.every((length, axis) => length !== null && length === result[axis]);
  // Each group is normalised over all that is in it.
  const isWhole = groups.length - core.axes.length === 2 && core.axes[0] === 2;
  return keepsSamples && isBack && isWhole ? { ...core, operator: 'GroupNormalization', x, output, axes: [1] } : null;
}

/** InstanceNormalization with stored parameters, over all axes behind the channels. */
function ofInstances({ opType, input: [x = '', ...parameters], output: [output = ''] }: NodeProto, facts: ChainFacts): Core | null {
  const rank = facts.typeOf(x).shape?.length;
  if (opType !== 'InstanceNormalization' || rank === undefined || !parameters.every((name) => facts.isStored(name))) return null;
  return { operator: opType, x, parameters: [], output, axes: Array.from({ length: rank - 2 }, (_, i) => i + 2) };
}

/**
 * Layer and RMS normalisation in means, squares, a root and a quotient, as exporters write them for operator sets without these; group normalisation as
 * that of instances between reshapes, or of means; each with the scale and the offset behind it.
 */
export const writtenNormalization: ChainFinder = (node, facts, kept) => {
  const instances = ofInstances(node, facts);
  const core = instances ?? writtenOut(node, facts);
  if (core === null) return null;
  const group = regrouped(core, facts, kept);
  const scaled = affine(group ?? (instances ? { ...core, axes: [1] } : core), facts, kept);
  if (scaled.parameters.length > 0) return scaled;
  // Without parameters behind it, a reshape around it changes nothing that rules see.
  return instances ? null : core;
};
