import { type LayerInfo, type LayerName, type Tensor } from '@pellucid/core';
import {
  attributeFloat, attributeTensor, tensorProducers, tensorShape, tensorValues, type NodeProto, type OnnxModel, type TensorProto,
} from '@pellucid/onnx-graph';
import { leadsToEnd } from './data-flow.ts';

/** Operators after which a constant that is added is a bias. */
const PRODUCTS: ReadonlySet<string | undefined> = new Set(['Conv', 'ConvTranspose', 'Gemm', 'MatMul']);

const DEFAULT_EPSILON = 1e-5;

/** A constant of the graph, by name. */
type ConstantOf = (name: string | undefined) => Tensor | undefined;

function constantsOf({ graph }: OnnxModel): ConstantOf {
  const stored = new Map<string, TensorProto>(graph.initializer.map((tensor) => [tensor.name, tensor]));
  for (const node of graph.node) {
    const value = node.opType === 'Constant' ? attributeTensor(node, 'value') : undefined;
    if (value !== undefined) stored.set(node.output[0] ?? '', value);
  }
  return (name = '') => {
    const found = stored.get(name);
    return found && { shape: tensorShape(found), data: Float32Array.from(tensorValues(found), Number) };
  };
}

/** Values of the channels as a tensor of this rank: [1, C, 1, ...]. */
function perChannel(data: Float32Array, rank: number): Tensor {
  return { shape: Array.from({ length: rank }, (_, axis) => (axis === 1 ? data.length : 1)), data };
}

/** A tensor with axes of length 1 in front, up to this rank. */
function withRank({ shape, data }: Tensor, rank: number): Tensor {
  return { shape: [...new Array<number>(Math.max(rank - shape.length, 0)).fill(1), ...shape], data };
}

/** beta - mean * gamma / sqrt(variance + epsilon), per channel. */
function batchNormBias(node: NodeProto, constantOf: ConstantOf): Float32Array | undefined {
  const [gamma, beta, mean, variance] = node.input.slice(1, 5).map((name) => constantOf(name)?.data);
  if (gamma === undefined || beta === undefined || mean === undefined || variance === undefined) return undefined;
  const epsilon = attributeFloat(node, 'epsilon', DEFAULT_EPSILON);
  return beta.map((value, channel) => value - (mean[channel]! * gamma[channel]!) / Math.sqrt(variance[channel]! + epsilon));
}

/** What a node adds to a linear function of its input. */
function biasOf(node: NodeProto, rank: number, constantOf: ConstantOf, producers: ReadonlyMap<string, NodeProto>): Tensor | undefined {
  switch (node.opType) {
    case 'Conv':
    case 'ConvTranspose': {
      const bias = constantOf(node.input[2]);
      return bias && perChannel(bias.data, rank);
    }
    case 'BatchNormalization': {
      const bias = batchNormBias(node, constantOf);
      return bias && perChannel(bias, rank);
    }
    case 'Gemm': {
      const bias = constantOf(node.input[2]);
      const beta = attributeFloat(node, 'beta', 1);
      return bias && withRank({ ...bias, data: bias.data.map((value) => beta * value) }, rank);
    }
    case 'Add': {
      const added = node.input.find((_, i) => PRODUCTS.has(producers.get(node.input[1 - i] ?? '')?.opType));
      const bias = constantOf(added);
      return bias && withRank(bias, rank);
    }
    default:
      return undefined;
  }
}

/**
 * The biases of convolutions, dense layers and batch normalisations on the way to the last node, which gives the logits, as
 * the layers' values are broadcast: an axis of length 1 where equal.
 */
export function layerBiases(model: OnnxModel, layers: readonly LayerInfo[]): ReadonlyMap<LayerName, Tensor> {
  const constantOf = constantsOf(model);
  const producers = tensorProducers(model);
  const leading = leadsToEnd(model);
  return new Map(layers.flatMap(({ name, shape }): [LayerName, Tensor][] => {
    const node = producers.get(name);
    const bias = node === undefined || shape === null || !leading.has(name) ? undefined : biasOf(node, shape.length, constantOf, producers);
    return bias === undefined ? [] : [[name, bias]];
  }));
}
