import {
  copyWith, ElementType, intAttribute, intsAttribute, makeModel, makeNode, makeTensor, makeValueInfo, writeModel, type NodeProto,
  type TensorProto,
} from '@pellucid/onnx-graph';
import type { ContractLayer, ContractNetwork } from '@pellucid/testkit';

const { FLOAT } = ElementType;

interface Built {
  readonly nodes: readonly NodeProto[];
  readonly constants: readonly TensorProto[];
}

function build(layer: ContractLayer, from: string): Built {
  const { name } = layer;
  const out = `${name}_output`;
  const node = (operator: string, inputs: string[], attributes: Parameters<typeof makeNode>[3] = []): NodeProto =>
    copyWith(makeNode(operator, inputs, [out], attributes), { name });
  switch (layer.kind) {
    case 'relu':
      return { nodes: [node('Relu', [from])], constants: [] };
    case 'softmax':
      return { nodes: [node('Softmax', [from], [intAttribute('axis', 1)])], constants: [] };
    case 'max-pool':
    case 'average-pool': {
      const window = [intsAttribute('kernel_shape', [layer.size, layer.size]), intsAttribute('strides', [layer.size, layer.size])];
      return { nodes: [node(layer.kind === 'max-pool' ? 'MaxPool' : 'AveragePool', [from], window)], constants: [] };
    }
    case 'conv': {
      const { filters, bias, padding } = layer;
      return {
        nodes: [node('Conv', [from, `${name}.weight`, `${name}.bias`], [intsAttribute('pads', [padding, padding, padding, padding])])],
        constants: [
          makeTensor(`${name}.weight`, FLOAT, filters.shape, filters.data),
          makeTensor(`${name}.bias`, FLOAT, bias.shape, bias.data),
        ],
      };
    }
    case 'dense': {
      const { weights, bias } = layer;
      const flatten = makeNode('Flatten', [from], [`${name}_flat`], [intAttribute('axis', 1)]);
      return {
        nodes: [flatten, node('Gemm', [`${name}_flat`, `${name}.weight`, `${name}.bias`])],
        constants: [
          makeTensor(`${name}.weight`, FLOAT, weights.shape, weights.data),
          makeTensor(`${name}.bias`, FLOAT, bias.shape, bias.data),
        ],
      };
    }
  }
}

/** The bytes of a contract network as an ONNX file. @param batch - the length of the batch axis; a text leaves it free */
export function buildNetwork({ name, inputShape, classes, layers }: ContractNetwork, batch: number | string = 'batch'): Uint8Array {
  const built: Built[] = [];
  let tensor = 'input';
  for (const layer of layers) {
    built.push(build(layer, tensor));
    tensor = `${layer.name}_output`;
  }
  return writeModel(
    makeModel({
      name,
      opset: 17,
      producer: 'pellucid',
      nodes: built.flatMap(({ nodes }) => nodes),
      initializers: built.flatMap(({ constants }) => constants),
      inputs: [makeValueInfo('input', { elementType: FLOAT, shape: [batch, ...inputShape] })],
      outputs: [makeValueInfo(tensor, { elementType: FLOAT, shape: [batch, classes] })],
    }),
  );
}
