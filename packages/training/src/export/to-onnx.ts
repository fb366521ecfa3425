import { sizeOf, type Tensor } from '@pellucid/core';
import { ElementType, intAttribute, intsAttribute, makeModel, makeNode, makeTensor, makeValueInfo, writeModel } from '@pellucid/onnx-graph';
import { INPUT_NAME, lastLayer, padding, resolveNetwork, type ResolvedLayer } from '../network/resolve-network.ts';
import { present } from '../present.ts';
import type { TrainedNetwork } from '../train.ts';

type Node = ReturnType<typeof makeNode>;
type Initializer = ReturnType<typeof makeTensor>;

/** A layer as ONNX has it. */
interface OnnxLayer {
  readonly nodes: readonly Node[];
  readonly initializers: readonly Initializer[];
}

/** The same values with the axes in another order: axis i of the result is axis `order[i]` of the tensor. */
function transpose({ shape, data }: Tensor, order: readonly number[]): Tensor {
  const strides = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
  const target = order.map((axis) => shape[axis]!);
  const result = new Float32Array(data.length);
  const index = order.map(() => 0);
  for (let i = 0; i < result.length; i++) {
    result[i] = data[index.reduce((sum, position, axis) => sum + position * strides[order[axis]!]!, 0)]!;
    for (let axis = target.length - 1; axis >= 0 && (index[axis]! += 1) === target[axis]; axis--) index[axis] = 0;
  }
  return { shape: target, data: result };
}

const onnxTensor = (name: string, { shape, data }: Tensor): Initializer => makeTensor(name, ElementType.FLOAT, shape, data);
const square = (name: string, length: number): ReturnType<typeof intsAttribute> => intsAttribute(name, [length, length]);

/** The image that a dense layer sees flattened, channels last; `null` when its input never was one, or lies so in ONNX too. */
function flattenedImage({ sources }: ResolvedLayer, layers: readonly ResolvedLayer[]): readonly number[] | null {
  const source = layers.find(({ definition }) => definition.name === sources[0]);
  return source?.definition.kind === 'flatten' && !keepsOrder(source, layers) ? source.inputShape : null;
}

/** Whether a flattened image must lie channels last in ONNX too: when anything but a dense layer, whose rows can move, takes it. */
function keepsOrder({ definition }: ResolvedLayer, layers: readonly ResolvedLayer[]): boolean {
  const takers = layers.filter(({ sources }) => sources.includes(definition.name));
  return takers.length === 0 || takers.some((taker) => taker.definition.kind !== 'dense');
}

function denseKernel(kernel: Tensor, image: readonly number[] | null): Tensor {
  if (image === null) return kernel;
  const rows = transpose({ shape: [...image, kernel.shape[1]!], data: kernel.data }, [2, 0, 1, 3]);
  return { shape: kernel.shape, data: rows.data };
}

function convolution(layer: ResolvedLayer, kernel: Tensor): OnnxLayer {
  const { definition, inputShape: [height = 0, width = 0], sources } = layer;
  if (definition.kind !== 'conv') throw new Error('internal: not a convolution');
  const { name, kernel: size, stride = 1, padding: mode = 'same' } = definition;
  const rows = padding(height, size, stride, mode);
  const columns = padding(width, size, stride, mode);
  const pads = [rows.before, columns.before, rows.after, columns.after];
  const attributes = [square('kernel_shape', size), square('strides', stride), intsAttribute('pads', pads)];
  return {
    nodes: [makeNode('Conv', [sources[0]!, `${name}/kernel`, `${name}/bias`], [name], attributes)],
    initializers: [onnxTensor(`${name}/kernel`, transpose(kernel, [3, 2, 0, 1]))],
  };
}

function onnxLayer(layer: ResolvedLayer, layers: readonly ResolvedLayer[], weights: TrainedNetwork['weights']): OnnxLayer {
  const { definition, sources } = layer;
  const { name } = definition;
  const weight = (suffix: string): Tensor => present(weights.get(`${name}/${suffix}`), `${suffix} of ${name}`);
  const only = (...nodes: readonly Node[]): OnnxLayer => ({ nodes, initializers: [] });
  switch (definition.kind) {
    case 'conv': {
      const { nodes, initializers } = convolution(layer, weight('kernel'));
      return { nodes, initializers: [...initializers, onnxTensor(`${name}/bias`, weight('bias'))] };
    }
    case 'dense':
      return {
        nodes: [makeNode('Gemm', [sources[0]!, `${name}/kernel`, `${name}/bias`], [name])],
        initializers: [
          onnxTensor(`${name}/kernel`, denseKernel(weight('kernel'), flattenedImage(layer, layers))),
          onnxTensor(`${name}/bias`, weight('bias')),
        ],
      };
    case 'max-pool':
    case 'average-pool': {
      const { size, stride = size } = definition;
      const attributes = [square('kernel_shape', size), square('strides', stride)];
      return only(makeNode(definition.kind === 'max-pool' ? 'MaxPool' : 'AveragePool', sources, [name], attributes));
    }
    case 'global-average-pool':
      return only(
        makeNode('GlobalAveragePool', sources, [`${name}/mean`]),
        makeNode('Flatten', [`${name}/mean`], [name], [intAttribute('axis', 1)]),
      );
    case 'flatten': {
      const flatten = (source: string): Node => makeNode('Flatten', [source], [name], [intAttribute('axis', 1)]);
      if (!keepsOrder(layer, layers)) return only(flatten(sources[0]!));
      return only(makeNode('Transpose', sources, [`${name}/channels-last`], [intsAttribute('perm', [0, 2, 3, 1])]), flatten(`${name}/channels-last`));
    }
    case 'relu':
      return only(makeNode('Relu', sources, [name]));
    case 'add':
      return only(makeNode('Add', sources, [name]));
  }
}

/**
 * A trained network as an ONNX model, opset 17: input `input` [batch, channels, height, width] with a free batch axis, the logits as
 * output, every value under the name of its layer. A flattened image lies channels first, which the rows of the dense layers follow.
 */
export function toOnnx({ network, weights }: TrainedNetwork): Uint8Array {
  const layers = resolveNetwork(network);
  const parts = layers.map((layer) => onnxLayer(layer, layers, weights));
  const [height, width, channels] = network.input;
  const output = lastLayer(layers).definition.name;
  return writeModel(
    makeModel({
      name: network.name,
      opset: 17,
      producer: '@pellucid/training',
      nodes: parts.flatMap(({ nodes }) => nodes),
      initializers: parts.flatMap(({ initializers }) => initializers),
      inputs: [makeValueInfo(INPUT_NAME, { elementType: ElementType.FLOAT, shape: ['batch', channels, height, width] })],
      outputs: [makeValueInfo(output, { elementType: ElementType.FLOAT, shape: ['batch', network.classes] })],
    }),
  );
}
