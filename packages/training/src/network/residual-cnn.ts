import type { LayerDefinition, NetworkDefinition, NetworkSize } from './network.ts';

/** Two convolutions beside a skip connection; with a stride, a 1x1 convolution brings the skip to the same shape. */
function residualBlock(name: string, from: string, filters: number, stride: number): LayerDefinition[] {
  const shortcut: LayerDefinition[] =
    stride === 1 ? [] : [{ kind: 'conv', name: `${name}/shortcut`, from, filters, kernel: 1, stride }];
  return [
    ...shortcut,
    { kind: 'conv', name: `${name}/conv1`, from, filters, kernel: 3, stride },
    { kind: 'relu', name: `${name}/relu1` },
    { kind: 'conv', name: `${name}/conv2`, filters, kernel: 3 },
    { kind: 'add', name: `${name}/add`, with: stride === 1 ? from : `${name}/shortcut` },
    { kind: 'relu', name: `${name}/relu2` },
  ];
}

/**
 * A small residual network (He et al. 2016) without batch normalisation: a strided stem, a block with an identity skip, a strided
 * block with a projected skip, global average pooling and a linear layer. `width`: channels of the stem (@defaultValue 16).
 * @see {@link https://arxiv.org/abs/1512.03385 | He et al. 2016}
 */
export function residualCnn({ input, classes, width = 16 }: NetworkSize): NetworkDefinition {
  return {
    name: 'residual-cnn',
    input,
    classes,
    layers: [
      { kind: 'conv', name: 'stem/conv', filters: width, kernel: 3, stride: 2 },
      { kind: 'relu', name: 'stem/relu' },
      ...residualBlock('block1', 'stem/relu', width, 1),
      ...residualBlock('block2', 'block1/relu2', 2 * width, 2),
      { kind: 'global-average-pool', name: 'pool' },
      { kind: 'dense', name: 'logits', units: classes },
    ],
  };
}
