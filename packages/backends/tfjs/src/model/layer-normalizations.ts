import { registerOp, type GraphModel } from '@tensorflow/tfjs-converter';
import * as tf from '@tensorflow/tfjs-core';

import { BATCH_STATISTICS } from './batch-statistics.ts';
import { findFused, normalizedAxes } from './fused-normalizations.ts';
import { ADDITIONS, isSame, isStored, meanOf, orders, type Facts, type Normalization } from './normalization-facts.ts';
import { asAttribute, nodeName, pruned, type StoredNode } from './stored-graph.ts';

/** What stands in the graph for a normalisation that was written out as arithmetic, or as one of channels between reshapings. */
export const LAYER_NORMALIZATION = 'NormalizeOverAxes';

/** 1 / sqrt(variance + epsilon) of x, and the mean that the variance is taken around. */
function rootOf(input: string, x: string, facts: Facts): { readonly mean: string; readonly axes: readonly number[]; readonly epsilon: number } | undefined {
  const root = facts.node(input);
  for (const [squares, constant] of root?.op === 'Rsqrt' ? orders(facts.node(root.input?.[0]), ...ADDITIONS) : []) {
    const [epsilon, ...more] = facts.numbers(constant) ?? [];
    const variance = epsilon === undefined || more.length > 0 ? undefined : meanOf(squares, facts);
    const found = variance && orders(facts.node(variance.of), 'SquaredDifference').find(([a]) => isSame(a, x));
    const centre = found && meanOf(found[1], facts);
    if (epsilon === undefined || variance === undefined || found === undefined || centre === undefined || !isSame(centre.of, x)) continue;
    // Statistics across samples are no layer normalisation; and a mean over other axes is not the one of this variance.
    if (centre.axes.join() === variance.axes.join() && !centre.axes.includes(0)) return { mean: found[1], axes: centre.axes, epsilon };
  }
  return undefined;
}

/** What is added besides mean * factor, negative: `none` where nothing is, undefined where it is something else. */
function offsetOf(input: string, mean: string, factor: string, facts: Facts): { readonly offset: string | undefined } | undefined {
  const { node } = facts;
  const isShift = (name: string): boolean => orders(node(name), 'Mul').some(([a, b]) => isSame(a, mean) && isSame(b, factor));
  const isNegative = (name: string): boolean => {
    const negated = (inner: string): string | undefined => (node(inner)?.op === 'Neg' ? node(inner)?.input?.[0] : undefined);
    const whole = negated(name);
    return whole === undefined ? orders(node(name), 'Mul').some(([a, b]) => isSame(negated(a), mean) && isSame(b, factor)) : isShift(whole);
  };
  if (isNegative(input)) return { offset: undefined };
  const shift = node(input);
  const [minuend, subtrahend] = shift?.op === 'Sub' ? (shift.input ?? []) : [];
  if (minuend !== undefined && subtrahend !== undefined) return isStored(minuend, facts) && isShift(subtrahend) ? { offset: minuend } : undefined;
  const found = orders(shift, ...ADDITIONS).find(([a, b]) => isNegative(a) && isStored(b, facts));
  return found && { offset: found[1] };
}

/** x * factor + (offset - mean * factor), with factor = scale / sqrt(variance + epsilon). */
function find(sum: StoredNode, facts: Facts): Normalization | undefined {
  for (const [product, shift] of orders(sum, ...ADDITIONS)) {
    for (const [x, factor] of orders(facts.node(product), 'Mul')) {
      const scaled = orders(facts.node(factor), 'Mul').find(([, scale]) => isStored(scale, facts));
      const root = rootOf(scaled?.[0] ?? factor, x, facts);
      const offset = root && offsetOf(shift, root.mean, factor, facts);
      if (root !== undefined && offset !== undefined) return { x, axes: root.axes, shapes: [], epsilon: root.epsilon, scale: scaled?.[1], ...offset };
    }
  }
  return undefined;
}

const isShapedLike = (x: tf.Tensor, others: readonly tf.Tensor[]): boolean =>
  others.every(({ shape }) => tf.util.arraysEqual(tf.broadcast_util.assertAndGetBroadcastShape(x.shape, shape), x.shape));

/**
 * (x - mean) / sqrt(variance + epsilon) * scale + offset, computed as a layers model does it: the engine's batch normalisation with statistics of its own for
 * every sample, which is one operation to backward rules. Statistics across samples, and parameters that repeat x, stay arithmetic.
 */
function normalize(x: tf.Tensor, axes: readonly number[], epsilon: number, scale: tf.Tensor, offset: tf.Tensor): tf.Tensor {
  const mean = tf.mean(x, [...axes], true);
  const centred = tf.sub(x, mean);
  const variance = tf.mean(tf.square(centred), [...axes], true);
  if (axes.includes(-x.rank) || !isShapedLike(x, [scale, offset])) return tf.add(tf.mul(centred, tf.mul(tf.rsqrt(tf.add(variance, epsilon)), scale)), offset);
  // Four axes, samples first: the engine would put missing ones in front, where rules that run samples in pairs look for these.
  const [samples = 1] = x.shape;
  // Repeating more than four axes has no gradient.
  const repeated = (values: tf.Tensor): tf.Tensor => (x.rank > 4 ? tf.mul(values, tf.ones(x.shape)) : tf.broadcastTo(values, x.shape));
  const whole = (values: tf.Tensor): tf.Tensor4D => tf.reshape(repeated(values), [samples, 1, 1, -1]);
  return tf.reshape(tf.batchNorm(whole(x), whole(mean), whole(variance), whole(offset), whole(scale), epsilon), x.shape);
}

/**
 * The same of x in the shape in which the statistics of its channels are taken, and given back in another one. Parameters that are not those of what is
 * normalised together are a product and a sum of their own.
 */
function normalizeReshaped(x: tf.Tensor, taken: tf.Tensor, given: tf.Tensor, epsilon: number, scale: tf.Tensor | undefined, offset: tf.Tensor | undefined): tf.Tensor {
  const shape = tf.util.inferFromImplicitShape(Array.from(taken.dataSync()), x.size);
  const result = tf.util.inferFromImplicitShape(Array.from(given.dataSync()), x.size);
  const axes = normalizedAxes(x.shape, shape);
  const isOwn = (values: tf.Tensor | undefined): boolean => axes !== undefined && (values?.shape ?? []).slice(0, -axes.length).every((length) => length === 1);
  const [one, zero] = [tf.scalar(1), tf.scalar(0)];
  if (axes !== undefined && tf.util.arraysEqual(x.shape, result) && isOwn(scale) && isOwn(offset)) return normalize(x, axes, epsilon, scale ?? one, offset ?? zero);
  const normalised = axes === undefined ? normalize(tf.reshape(x, shape), [-4, -2, -1], epsilon, one, zero) : normalize(x, axes, epsilon, one, zero);
  const whole = tf.reshape(normalised, result);
  const scaled = scale === undefined ? whole : tf.mul(whole, scale);
  return offset === undefined ? scaled : tf.add(scaled, offset);
}

const replacement = ({ name }: StoredNode, { x, axes, shapes, epsilon, scale, offset }: Normalization): StoredNode => ({
  name,
  op: LAYER_NORMALIZATION,
  input: [x, ...(scale === undefined ? [] : [scale]), ...(offset === undefined ? [] : [offset]), ...shapes],
  attr: { axes: asAttribute.numbers(axes), epsilon: { f: epsilon }, scaled: { b: scale !== undefined }, shifted: { b: offset !== undefined } },
});

/** Registers the operation: of x, then scale and offset where there are any, then the shapes in which it is normalised and given back. */
function register(): void {
  registerOp(LAYER_NORMALIZATION, ({ inputs, attrs }) => {
    const [x, ...more] = inputs as [tf.Tensor, ...tf.Tensor[]];
    const { axes, epsilon, scaled, shifted } = attrs;
    const scale = scaled === true ? more.shift() : undefined;
    const offset = shifted === true ? more.shift() : undefined;
    const [taken, given] = more;
    if (taken !== undefined && given !== undefined) return normalizeReshaped(x, taken, given, Number(epsilon), scale, offset);
    return normalize(x, axes as number[], Number(epsilon), scale ?? tf.scalar(1), offset ?? tf.scalar(0));
  });
}

/**
 * A graph whose layer normalisations are one operation each, where the converter has them as means, products, a root and sums, or between reshapings. Only
 * where the statistics are those of what is normalised, within a sample, and scale and offset are stored. Registers the operation.
 */
export function withLayerNormalizations(nodes: readonly StoredNode[], { weights, outputs }: GraphModel): readonly StoredNode[] {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const facts: Facts = {
    node: (input) => (input === undefined ? undefined : byName.get(nodeName(input))),
    numbers: (input) => {
      const tensor = input === undefined ? undefined : weights[nodeName(input)]?.[0];
      return tensor && Array.from(tensor.dataSync());
    },
    shape: (input) => (input === undefined ? undefined : weights[nodeName(input)]?.[0]?.shape),
  };
  if (!nodes.some(({ op }) => op === 'Rsqrt' || op === BATCH_STATISTICS)) return nodes;
  const found = new Map(nodes.flatMap((node): [string, Normalization][] => {
    const parts = findFused(node, facts) ?? find(node, facts);
    return parts === undefined ? [] : [[node.name, parts]];
  }));
  if (found.size === 0) return nodes;
  register();
  const outputNames = new Set(outputs.map(({ name }) => name));
  const changed = nodes.map((node) => {
    const parts = found.get(node.name);
    return parts === undefined ? node : replacement(node, parts);
  });
  return pruned(changed, nodes, (name) => outputNames.has(name));
}
