import type { GradientPoint, LayerName } from '@pellucid/core';
import { ElementType, extendGraph, int64Tensor, makeNode, makeValueInfo, uniqueNames, type NodeProto, type OnnxModel, type TensorProto } from '@pellucid/onnx-graph';
import type { Network } from '../model/network.ts';

/** The layers [N, C, H, W] of known size among these places. */
function imagesAmong({ layers }: Pick<Network, 'layers'>, points: Iterable<GradientPoint>): (readonly [name: LayerName, size: readonly number[]])[] {
  const wanted = new Set<unknown>(points);
  return layers.flatMap(({ name, layout, shape }) => {
    const lengths = shape?.slice(1).map(Number) ?? [];
    return wanted.has(name) && layout === 'NCHW' && lengths.length === 3 && lengths.every((length) => length > 0) ? [[name, lengths.slice(1)] as const] : [];
  });
}

/**
 * Puts the sum over channels of a layer's values times the means of its gradient, [N, 1, H, W], in the place of the gradient: neither leaves the engine. The mean
 * is a pool, which reads the blocked layout of convolutions.
 * @param gradients - their names by place; changed for layers of images
 */
export function weighChannels(network: Pick<Network, 'layers'>, model: OnnxModel, gradients: Map<GradientPoint, string>): { readonly model: OnnxModel; readonly weighed: ReadonlySet<LayerName> } {
  const unique = uniqueNames(model);
  const images = imagesAmong(network, gradients.keys());
  const node: NodeProto[] = [];
  const initializer: TensorProto[] = [];
  const op = (operator: string, inputs: readonly string[]): string => {
    const output = unique(`map/${operator}`);
    node.push(makeNode(operator, inputs, [output]));
    return output;
  };
  const reshape = (name: string, shape: readonly number[]): string => {
    const lengths = int64Tensor(unique('map/shape'), shape);
    initializer.push(lengths);
    return op('Reshape', [name, lengths.name]);
  };
  const output = images.map(([name, size]) => {
    const weights = reshape(op('GlobalAveragePool', [gradients.get(name) ?? '']), [0, 1, -1]);
    const map = reshape(op('MatMul', [weights, reshape(name, [0, 0, -1])]), [0, 1, ...size]);
    gradients.set(name, map);
    return makeValueInfo(map, { elementType: ElementType.FLOAT, shape: [null, 1, ...size] });
  });
  return { model: extendGraph(model, { node, initializer, output }), weighed: new Set(images.map(([name]) => name)) };
}
