import { plainCnn, residualCnn, type NetworkDefinition } from '@pellucid/training';

/** How one network of the zoo is made. */
export interface Recipe {
  readonly name: string;
  readonly architecture: string;
  readonly network: (input: NetworkDefinition['input'], classes: number) => NetworkDefinition;
  readonly training: { readonly seed: number; readonly epochs: number; readonly batchSize: number; readonly learningRate: number };
}

/** Every network of the zoo. */
export const recipes: readonly Recipe[] = [
  {
    name: 'plain-cnn',
    architecture: 'two blocks of convolution, ReLU, convolution, ReLU, max pooling (10 channels); a linear layer',
    network: (input, classes) => plainCnn({ input, classes, width: 10 }),
    training: { seed: 1, epochs: 7, batchSize: 32, learningRate: 0.002 },
  },
  {
    name: 'residual-cnn',
    architecture: 'a strided stem (16 channels), a block with an identity skip, a strided block with a projected skip (32 channels); global average pooling; a linear layer',
    network: (input, classes) => residualCnn({ input, classes, width: 16 }),
    training: { seed: 1, epochs: 18, batchSize: 32, learningRate: 0.001 },
  },
];
