import { ElementType, makeModel, makeTensor, makeValueInfo, writeModel } from '@pellucid/onnx-graph';
import { INPUT_NAME, lastLayer, resolveNetwork } from '../network/resolve-network.ts';
import type { TrainedNetwork } from '../network/trained-network.ts';
import { layerNodes } from '../onnx/layer-nodes.ts';
import { weightLayouts } from '../onnx/weight-layouts.ts';
import { present } from '../present.ts';

/**
 * A trained network as an ONNX model, opset 17: input `input` [batch, channels, height, width] with a free batch axis, the logits as
 * output, every value under the name of its layer. A flattened image lies channels first, which the rows of the dense layers follow.
 */
export function toOnnx({ network, weights }: Pick<TrainedNetwork, 'network' | 'weights'>): Uint8Array {
  const layers = resolveNetwork(network);
  const layouts = [...weightLayouts(layers, 'weights'), ...weightLayouts(layers, 'statistics')];
  const [height, width, channels] = network.input;
  const output = lastLayer(layers).definition.name;
  return writeModel(
    makeModel({
      name: network.name,
      opset: 17,
      producer: '@pellucid/training',
      nodes: layers.flatMap((layer) => layerNodes(layer, layers)),
      initializers: layouts.map(({ name, shape, toOnnx: arrange }) => makeTensor(name, ElementType.FLOAT, shape, arrange(present(weights.get(name), name).data))),
      inputs: [makeValueInfo(INPUT_NAME, { elementType: ElementType.FLOAT, shape: ['batch', channels, height, width] })],
      outputs: [makeValueInfo(output, { elementType: ElementType.FLOAT, shape: ['batch', network.classes] })],
    }),
  );
}
