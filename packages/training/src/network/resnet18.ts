import type { LayerDefinition, NetworkDefinition, NetworkSize } from './network.ts';

/** Two normalised convolutions beside a skip connection; with a stride, a normalised 1x1 convolution brings the skip to the same shape. */
function basicBlock(name: string, from: string, filters: number, stride: number, projected: boolean): LayerDefinition[] {
  const shortcut: LayerDefinition[] = projected
    ? [{ kind: 'conv', name: `${name}/shortcut/conv`, from, filters, kernel: 1, stride }, { kind: 'batch-norm', name: `${name}/shortcut` }]
    : [];
  return [
    ...shortcut,
    { kind: 'conv', name: `${name}/conv1`, from, filters, kernel: 3, stride },
    { kind: 'batch-norm', name: `${name}/norm1` },
    { kind: 'relu', name: `${name}/relu1` },
    { kind: 'conv', name: `${name}/conv2`, filters, kernel: 3 },
    { kind: 'batch-norm', name: `${name}/norm2` },
    { kind: 'add', name: `${name}/add`, with: projected ? `${name}/shortcut` : from },
    { kind: 'relu', name: `${name}/relu2` },
  ];
}

/** Two blocks; the first of every stage but the first halves the image. */
function stage(index: number, from: string, filters: number): LayerDefinition[] {
  const halves = index > 1;
  return [
    ...basicBlock(`layer${index}/block1`, from, filters, halves ? 2 : 1, halves),
    ...basicBlock(`layer${index}/block2`, `layer${index}/block1/relu2`, filters, 1, false),
  ];
}

/**
 * ResNet-18 (He et al. 2016, table 1): a 7x7 convolution and a max-pool that halve the image each, four stages of two basic blocks, global average pooling and a
 * linear layer. `width`: channels of the first stage (@defaultValue 64, as published); each further stage has twice those of the one before.
 * @see {@link https://arxiv.org/abs/1512.03385 | He et al. 2016}
 */
export function resnet18({ input, classes, width = 64 }: NetworkSize): NetworkDefinition {
  return {
    name: 'resnet-18',
    input,
    classes,
    layers: [
      { kind: 'conv', name: 'stem/conv', filters: width, kernel: 7, stride: 2 },
      { kind: 'batch-norm', name: 'stem/norm' },
      { kind: 'relu', name: 'stem/relu' },
      { kind: 'max-pool', name: 'stem/pool', size: 3, stride: 2, padding: 'same' },
      ...stage(1, 'stem/pool', width),
      ...stage(2, 'layer1/block2/relu2', 2 * width),
      ...stage(3, 'layer2/block2/relu2', 4 * width),
      ...stage(4, 'layer3/block2/relu2', 8 * width),
      { kind: 'global-average-pool', name: 'pool' },
      { kind: 'dense', name: 'logits', units: classes },
    ],
  };
}
