import type { NetworkDefinition, NetworkSize } from './network.ts';

/**
 * A network that learns small colour images in seconds, for experiments that train many: a strided convolution, two more, max pooling
 * twice, a linear layer. `width`: channels of the first convolution (@defaultValue 8), half of those of the others.
 */
export function pruningCnn({ input, classes, width = 8 }: NetworkSize): NetworkDefinition {
  return {
    name: 'pruning-cnn',
    input,
    classes,
    layers: [
      { kind: 'conv', name: 'conv1', filters: width, kernel: 3, stride: 2 },
      { kind: 'relu', name: 'relu1' },
      { kind: 'conv', name: 'conv2', filters: 2 * width, kernel: 3 },
      { kind: 'relu', name: 'relu2' },
      { kind: 'max-pool', name: 'pool1', size: 2 },
      { kind: 'conv', name: 'conv3', filters: 2 * width, kernel: 3 },
      { kind: 'relu', name: 'relu3' },
      { kind: 'max-pool', name: 'pool2', size: 2 },
      { kind: 'flatten', name: 'flatten' },
      { kind: 'dense', name: 'logits', units: classes },
    ],
  };
}

/** Settings under which `pruningCnn` learns about 1,200 images of 32x32 pixels well enough to compare rankings. */
export const pruningRecipe: { readonly epochs: number; readonly batchSize: number; readonly learningRate: number } = {
  epochs: 8,
  batchSize: 32,
  learningRate: 0.005,
};
