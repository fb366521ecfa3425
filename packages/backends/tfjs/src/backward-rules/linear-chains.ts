import type { BackwardRules } from '@pellucid/core';
import * as tf from '@tensorflow/tfjs-core';

import { WEIGHTED } from './kernel-kinds.ts';
import { ownOperands, type LinearOperands } from './linear-operation.ts';
import type { Operation } from './operation-log.ts';

/** A linear operation, the bias that is added to its result, and a normalisation of its channels: one operation in the eyes of a rule. */
export interface LinearChain {
  /** The operation with weights. */
  readonly base: Operation;
  /** The operation that gives the result: the one with weights itself where nothing follows. */
  readonly last: Operation;
  readonly operands: () => LinearOperands;
}

/** The scale of each output channel, in a shape that broadcasts over the weights. */
function alongWeights({ kernel, attributes }: Operation, { shape }: tf.Tensor, factor: tf.Tensor): tf.Tensor {
  switch (kernel) {
    case 'DepthwiseConv2dNative':
      return tf.reshape(factor, shape.slice(-2));
    case 'Conv2DBackpropInput':
    case 'Conv3DBackpropInputV2':
      return tf.reshape(factor, [-1, 1]);
    case 'BatchMatMul':
      return attributes['transposeB'] === true ? tf.reshape(factor, [-1, 1]) : factor;
    default:
      return factor;
  }
}

/** y = factor x + shift per channel, as batch normalisation is with its statistics known. */
function channelMap({ inputs, attributes }: Operation): { readonly factor: tf.Tensor; readonly shift: tf.Tensor } {
  const values = new Map(inputs.map(({ name, value }) => [name, value]));
  const [mean, variance] = [values.get('mean'), values.get('variance')];
  if (mean === undefined || variance === undefined) throw new Error('internal: batch normalisation has statistics');
  const root = tf.rsqrt(tf.add(variance, attributes['varianceEpsilon'] as number));
  const scale = values.get('scale');
  const factor = scale === undefined ? root : tf.mul(scale, root);
  return { factor, shift: tf.sub(values.get('offset') ?? 0, tf.mul(mean, factor)) };
}

/** A map of channels merged into the operation before it: w' = w s, b' = b s + t. */
function normalised(base: Operation, operands: () => LinearOperands, normalisation: Operation): () => LinearOperands {
  return () => {
    const { weight, bias } = operands();
    const { factor, shift } = channelMap(normalisation);
    return {
      weight: tf.mul(weight, alongWeights(base, weight, factor)),
      bias: bias === null ? shift : tf.add(tf.mul(bias, factor), shift),
    };
  };
}

const channelsOf = (tensor: tf.Tensor): number => tensor.shape.at(-1) ?? 0;
const isPerChannel = (tensor: tf.Tensor, channels: number): boolean => tensor.size === channels && channelsOf(tensor) === channels;

/** What is known so far: who wrote a tensor, the chain that an operation ends, and across which tensors none may lead. */
interface Search {
  readonly producers: ReadonlyMap<number, Operation>;
  readonly chains: Map<Operation, LinearChain>;
  readonly kept: ReadonlySet<number>;
}

/** The chain that gave a tensor, also through a reshaping that leaves the channels alone. */
function chainBehind(tensor: tf.Tensor, search: Search): LinearChain | null {
  const producer = search.producers.get(tensor.id);
  if (producer === undefined || search.kept.has(tensor.id)) return null;
  const source = producer.kernel === 'Reshape' ? producer.entry.inputs['x'] : null;
  if (source) return channelsOf(source) === channelsOf(tensor) ? chainBehind(source, search) : null;
  const chain = search.chains.get(producer);
  return chain === undefined || chain.base.attributes['dataFormat'] === 'NCHW' ? null : chain;
}

/** An operation with stored weights by itself. */
function startChain(operation: Operation): LinearChain | null {
  const { kind, stored } = operation;
  if (!WEIGHTED.has(kind) || stored[0] !== false || !stored.slice(1).every(Boolean)) return null;
  return { base: operation, last: operation, operands: () => ownOperands(operation) };
}

/** The chain that gives one operand, and the other one, where that is stored with a value per channel. */
function alongChain({ entry, stored, inputs }: Operation, search: Search): { readonly chain: LinearChain; readonly own: tf.Tensor } | null {
  const { a, b } = entry.inputs;
  if (!a || !b || stored.filter(Boolean).length !== 1) return null;
  const [value, place] = stored[0] === true ? [b, 0] : [a, 1];
  const chain = chainBehind(value, search);
  const own = inputs[place]!.value;
  return chain !== null && isPerChannel(own, channelsOf(entry.outputs[0]!)) ? { chain, own } : null;
}

/** A chain and one stored value per channel, where it has no bias yet, or is scaled as the first part of a normalisation. */
function addBias(sum: Operation, search: Search): LinearChain | null {
  const { chain, own } = alongChain(sum, search) ?? {};
  if (!chain || !own) return null;
  const { base, last, operands } = chain;
  if (last.kernel !== 'Multiply' && (last !== base || base.inputs.length > 2)) return null;
  return {
    base, last: sum,
    operands: () => {
      const { weight, bias } = operands();
      const added = tf.reshape(own, [-1]);
      return { weight, bias: bias === null ? added : tf.add(bias, added) };
    },
  };
}

/** A chain and a stored factor per channel, the first part of a batch normalisation that the converter wrote as a product and a sum. */
function addFactor(product: Operation, search: Search): LinearChain | null {
  const { chain, own } = alongChain(product, search) ?? {};
  if (!chain || !own) return null;
  const { base, operands } = chain;
  return {
    base, last: product,
    operands: () => {
      const { weight, bias } = operands();
      const factor = tf.reshape(own, [-1]);
      return { weight: tf.mul(weight, alongWeights(base, weight, factor)), bias: bias === null ? null : tf.mul(bias, factor) };
    },
  };
}

function addNormalisation(normalisation: Operation, search: Search): LinearChain | null {
  const { x } = normalisation.entry.inputs;
  if (!x || !normalisation.stored.slice(1).every(Boolean)) return null;
  if (!normalisation.inputs.slice(1).every(({ value }) => isPerChannel(value, channelsOf(x)))) return null;
  const chain = chainBehind(x, search);
  return chain && { base: chain.base, last: normalisation, operands: normalised(chain.base, chain.operands, normalisation) };
}

/**
 * Finds the operations with stored weights, joined with what a layer or a fused node is made of on the tape: a bias, and,
 * where the rules say so, the batch normalisation behind it. By the operation that ends each; none leads across a tensor in `kept`.
 */
export function findLinearChains(operations: readonly Operation[], { mergeBatchNorm = false }: BackwardRules, kept: ReadonlySet<number>): ReadonlyMap<Operation, LinearChain> {
  const producers = new Map(operations.flatMap((operation) => operation.entry.outputs.map((output) => [output.id, operation])));
  const chains = new Map<Operation, LinearChain>();
  const search: Search = { producers, chains, kept };
  const chainOf = (operation: Operation): LinearChain | null => {
    if (operation.kernel === 'Add') return addBias(operation, search);
    if (operation.kernel === 'Multiply') return mergeBatchNorm && operation.kind === 'batch-norm' ? addFactor(operation, search) : null;
    if (operation.kernel === 'FusedBatchNorm') return mergeBatchNorm ? addNormalisation(operation, search) : null;
    return startChain(operation);
  };
  for (const operation of operations) {
    const chain = chainOf(operation);
    if (chain !== null) chains.set(operation, chain);
  }
  return chains;
}
