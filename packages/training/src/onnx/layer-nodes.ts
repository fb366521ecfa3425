import { floatAttribute, intAttribute, intsAttribute, makeNode, type NodeProto } from '@pellucid/onnx-graph';
import { BATCH_NORM_EPSILON } from '../network/batch-norm.ts';
import { padding, poolPadding, type ResolvedLayer } from '../network/resolve-network.ts';
import { keepsOrder } from './weight-layouts.ts';

const square = (name: string, length: number): ReturnType<typeof intsAttribute> => intsAttribute(name, [length, length]);

function pads([height = 0, width = 0]: readonly number[], size: number, stride: number, mode: 'same' | 'valid'): ReturnType<typeof intsAttribute> {
  const rows = padding(height, size, stride, mode);
  const columns = padding(width, size, stride, mode);
  return intsAttribute('pads', [rows.before, columns.before, rows.after, columns.after]);
}

/** The nodes of a layer on images [N, C, H, W]; its value and its weights have the names that they have in the definition. */
export function layerNodes(layer: ResolvedLayer, layers: readonly ResolvedLayer[]): readonly NodeProto[] {
  const { definition, sources, inputShape } = layer;
  const { name } = definition;
  const [source = ''] = sources;
  switch (definition.kind) {
    case 'conv': {
      const { kernel, stride = 1, padding: mode = 'same' } = definition;
      const attributes = [square('kernel_shape', kernel), square('strides', stride), pads(inputShape, kernel, stride, mode)];
      return [makeNode('Conv', [source, `${name}/kernel`, `${name}/bias`], [name], attributes)];
    }
    case 'dense':
      return [makeNode('Gemm', [source, `${name}/kernel`, `${name}/bias`], [name])];
    case 'batch-norm': {
      const inputs = ['gamma', 'beta', 'moving_mean', 'moving_variance'].map((part) => `${name}/${part}`);
      return [makeNode('BatchNormalization', [source, ...inputs], [name], [floatAttribute('epsilon', BATCH_NORM_EPSILON)])];
    }
    case 'max-pool':
    case 'average-pool': {
      const { size, stride = size } = definition;
      const attributes = [square('kernel_shape', size), square('strides', stride), pads(inputShape, size, stride, poolPadding(definition))];
      return [makeNode(definition.kind === 'max-pool' ? 'MaxPool' : 'AveragePool', sources, [name], attributes)];
    }
    case 'global-average-pool':
      return [
        makeNode('GlobalAveragePool', sources, [`${name}/mean`]),
        makeNode('Flatten', [`${name}/mean`], [name], [intAttribute('axis', 1)]),
      ];
    case 'flatten': {
      const flatten = (from: string): NodeProto => makeNode('Flatten', [from], [name], [intAttribute('axis', 1)]);
      if (!keepsOrder(layer, layers)) return [flatten(source)];
      return [makeNode('Transpose', sources, [`${name}/channels-last`], [intsAttribute('perm', [0, 2, 3, 1])]), flatten(`${name}/channels-last`)];
    }
    case 'relu':
      return [makeNode('Relu', sources, [name])];
    case 'add':
      return [makeNode('Add', sources, [name])];
  }
}
