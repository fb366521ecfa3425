import { ElementType, makeModel, makeNode, makeValueInfo, writeModel } from '@pellucid/onnx-graph';

/** An ONNX model of two inputs: `y = (x scale)^2`, flattened, with `x` of this shape and `scale` [n, channels, 1, ...]. */
export function writeTwoInputs([, channels = 1, ...rest]: readonly number[]): Uint8Array {
  const info = (name: string, shape: readonly (number | string)[]): ReturnType<typeof makeValueInfo> => makeValueInfo(name, { elementType: ElementType.FLOAT, shape });
  return writeModel(makeModel({
    name: 'two', opset: 17, producer: 'test', initializers: [],
    nodes: [makeNode('Mul', ['x', 'scale'], ['scaled']), makeNode('Mul', ['scaled', 'scaled'], ['squares']), makeNode('Flatten', ['squares'], ['y'])],
    inputs: [info('x', ['n', channels, ...rest]), info('scale', ['n', channels, ...rest.map(() => 1)])],
    outputs: [info('y', ['n', channels * rest.reduce((product, length) => product * length, 1)])],
  }));
}

/** The same of lists of four as the topology of a tfjs model, without weights: `y = (x scale)^2`. */
export const TFJS_TWO_INPUTS: object = {
  format: 'layers-model',
  modelTopology: {
    class_name: 'Model',
    config: {
      name: 'two',
      layers: [
        ...['x', 'scale'].map((name) => ({ name, class_name: 'InputLayer', config: { batch_input_shape: [null, 4], dtype: 'float32', sparse: false, name }, inbound_nodes: [] })),
        { name: 'scaled', class_name: 'Multiply', config: { name: 'scaled' }, inbound_nodes: [[['x', 0, 0, {}], ['scale', 0, 0, {}]]] },
        { name: 'y', class_name: 'Multiply', config: { name: 'y' }, inbound_nodes: [[['scaled', 0, 0, {}], ['scaled', 0, 0, {}]]] },
      ],
      input_layers: [['x', 0, 0], ['scale', 0, 0]], output_layers: [['y', 0, 0]],
    },
  },
  weightsManifest: [],
};
