import { batchSize, sampleData, type Layout, type ModelAdapter, type Query, type Tensor } from '@pellucid/core';

/** A model whose logits are a given function of the values of a sample, and the sizes of the batches that it was asked for. */
export function analyticModel(
  shape: readonly number[],
  layout: Layout,
  logits: (values: Float32Array) => readonly number[],
  bytesPerSample = 1,
): { readonly model: ModelAdapter<never>; readonly batches: number[] } {
  const classes = logits(new Float32Array(shape.reduce((a, b) => a * b, 1))).length;
  const batches: number[] = [];
  const model: ModelAdapter<never> = {
    name: 'analytic',
    hash: '0',
    backend: { name: 'test', engine: 'test', device: 'cpu', versions: {} },
    input: { name: 'x', shape: [null, ...shape], layout },
    output: { name: 'y', shape: [null, classes], layout: 'NC' },
    classes,
    layers: [],
    capabilities: new Set(),
    bytesPerSample,
    evaluate: ({ input }: Query<never>) => {
      batches.push(batchSize(input));
      const rows = Array.from({ length: batchSize(input) }, (_, sample) => [...logits(sampleData(input, sample))]);
      const output: Tensor = { shape: [rows.length, classes], data: Float32Array.from(rows.flat()) };
      return Promise.resolve({ output, logits: output, activations: new Map(), gradients: new Map(), uncovered: [] });
    },
    dispose: () => Promise.resolve(),
  };
  return { model, batches };
}

/** Two classes: the log odds of class 0 are `scale` times the weighted sum of the values. */
export const linear =
  (weights: readonly number[], scale = 1) =>
  (values: Float32Array): [number, number] => [scale * values.reduce((sum, value, i) => sum + value * weights[i]!, 0), 0];
