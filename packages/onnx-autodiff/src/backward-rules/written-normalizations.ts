import { attributeInt, reducedAxes, type NodeProto } from '@pellucid/onnx-graph';
import { isFloatCast, uncast, type Chain, type ChainFacts, type ChainFinder } from './chain-facts.ts';

/** Values that were normalised: which, where they come out, and the axes that a scale and an offset may differ along. */
interface Core extends Chain {
  readonly axes: readonly number[];
}

/** Values with their mean taken away, or as they are: what the deviation is taken of. */
interface Centred {
  readonly x: string;
  /** Where the mean was taken; `null`: none was taken away. */
  readonly axes: readonly number[] | null;
}

/** Both orders of the operands of a sum or product. */
const orders = (node: NodeProto | undefined, operator: string): readonly (readonly [string, string])[] => {
  const [a = '', b = ''] = node?.opType === operator ? node.input : [];
  return a === '' || b === '' ? [] : [[a, b], [b, a]];
};

const behindCasts = (name: string, facts: ChainFacts): NodeProto | undefined => facts.producer(uncast(name, facts));

/** The tensor that two names stand for; `null` where it is not one. */
function common(a: string, b: string, facts: ChainFacts): string | null {
  if (a === b) return a;
  const bare = uncast(a, facts);
  return bare === uncast(b, facts) ? bare : null;
}

const sameAxes = (a: readonly number[], b: readonly number[] | null): boolean => b === null || a.join() === b.join();

/** What a mean within samples that keeps its axes is taken of, and over which. */
function meanOf(name: string, facts: ChainFacts): { readonly of: string; readonly axes: readonly number[] } | null {
  const node = behindCasts(name, facts);
  if (node?.opType !== 'ReduceMean' || attributeInt(node, 'keepdims', 1) !== 1) return null;
  const [of = ''] = node.input;
  const rank = facts.typeOf(of).shape?.length;
  const inputs = node.input.map((input) => (input === '' ? undefined : facts.typeOf(input)));
  const axes = rank === undefined ? null : reducedAxes({ node, opset: facts.opset, inputs }, rank);
  return axes === null || axes.length === 0 || axes.includes(0) ? null : { of, axes };
}

/** The values that a squared deviation is of; `null` where a mean of something else was taken away. */
function centre(name: string, facts: ChainFacts): Centred | null {
  const bare = uncast(name, facts);
  const node = facts.producer(bare);
  const [from = '', away = ''] = node?.opType === 'Sub' ? node.input : [];
  const mean = away === '' ? null : meanOf(away, facts);
  if (mean === null) return { x: name, axes: null };
  const x = common(mean.of, from, facts);
  return x === null ? null : { x, axes: mean.axes };
}

function squareOf(name: string, facts: ChainFacts): string | null {
  const node = behindCasts(name, facts);
  const [a = '', b = ''] = node?.input ?? [];
  if (node?.opType === 'Pow' && facts.number(b) === 2) return a;
  return node?.opType === 'Mul' ? common(a, b, facts) : null;
}

/** The variance plus epsilon that a name is the root of, or 1 over it. */
function underRoot(name: string, inverse: boolean, facts: ChainFacts): string | null {
  const node = behindCasts(name, facts);
  const [a = '', b = ''] = node?.input ?? [];
  switch (node?.opType) {
    case 'Sqrt':
      return inverse ? null : a;
    case 'Pow':
      return facts.number(b) === (inverse ? -0.5 : 0.5) ? a : null;
    case 'Reciprocal':
      return inverse ? underRoot(a, false, facts) : null;
    case 'Div':
      return inverse && facts.number(a) === 1 ? underRoot(b, false, facts) : null;
    default:
      return null;
  }
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
    for (const [squares, epsilon] of orders(behindCasts(sum, facts), 'Add')) {
      const variance = meanOf(squares, facts);
      const squared = variance && squareOf(variance.of, facts);
      if (!squared || !((facts.number(epsilon) ?? 0) > 0)) continue;
      const [above, below] = [centre(numerator, facts), centre(squared, facts)];
      const x = above && below && common(above.x, below.x, facts);
      if (!x || !sameAxes(variance.axes, above.axes) || !sameAxes(variance.axes, below.axes) || (above.axes === null) !== (below.axes === null)) continue;
      return { operator: above.axes === null ? 'RMSNormalization' : 'LayerNormalization', x, parameters: [], output: node.output[0] ?? '', axes: variance.axes };
    }
  }
  return null;
}

/** The only node that reads a tensor, which no gradient is asked for at. */
function onlyReader(name: string, facts: ChainFacts, kept: ReadonlySet<string>): NodeProto | undefined {
  const readers = facts.readers(name);
  return readers.length === 1 && !kept.has(name) ? readers[0] : undefined;
}

/** A stored operand that differs along some axes alone, and spreads the other one over none. */
function fits(parameter: string, name: string, axes: readonly number[], facts: ChainFacts): boolean {
  const own = facts.typeOf(parameter).shape;
  const rank = facts.typeOf(name).shape?.length;
  if (!facts.isStored(parameter) || !own || rank === undefined || own.length > rank) return false;
  return own.every((length, axis) => length === 1 || axes.includes(axis + rank - own.length));
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
