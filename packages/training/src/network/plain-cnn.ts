import type { LayerDefinition, NetworkDefinition, NetworkSize } from './network.ts';

function block(name: string, filters: number): LayerDefinition[] {
  return [
    { kind: 'conv', name: `${name}/conv1`, filters, kernel: 3 },
    { kind: 'relu', name: `${name}/relu1` },
    { kind: 'conv', name: `${name}/conv2`, filters, kernel: 3 },
    { kind: 'relu', name: `${name}/relu2` },
    { kind: 'max-pool', name: `${name}/pool`, size: 2 },
  ];
}

/**
 * The plain network of the published pruning experiments: twice convolution, ReLU, convolution, ReLU, max pooling, then a linear layer.
 * `width` is the number of channels of every convolution (@defaultValue 10, as published).
 */
export function plainCnn({ input, classes, width = 10 }: NetworkSize): NetworkDefinition {
  return {
    name: 'plain-cnn',
    input,
    classes,
    layers: [
      ...block('block1', width),
      ...block('block2', width),
      { kind: 'flatten', name: 'flatten' },
      { kind: 'dense', name: 'logits', units: classes },
    ],
  };
}
