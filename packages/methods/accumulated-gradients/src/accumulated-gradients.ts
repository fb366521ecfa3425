import {
  batchSize, choiceOption, defineGlobalMethod, equalShapes, formatShape, gradientAt, INPUT, PellucidError, sampleData,
  type Accumulation, type GlobalMethod, type MethodFactory,
} from '@pellucid/core';

/** How the gradients of many samples become one map. */
export interface AccumulatedGradientsOptions {
  /**
   * `mean-absolute`: the mean of |g| over all samples. `absolute-mean`: |the mean of g| over all samples, in which samples of opposite
   * signs cancel. @defaultValue 'mean-absolute'
   */
  readonly reduce: 'mean-absolute' | 'absolute-mean';
}

function begin({ reduce }: AccumulatedGradientsOptions): Accumulation<'gradient'> {
  let shape: readonly number[] | undefined;
  let sums = new Float64Array(0);
  let samples = 0;
  return {
    add: async (model, input) => {
      const sample = input.shape.slice(1);
      if (shape !== undefined && !equalShapes(shape, sample)) {
        throw new PellucidError('SHAPE_MISMATCH', {
          what: 'samples of a batch',
          expected: formatShape(shape),
          actual: formatShape(sample),
          help: 'One map needs samples of one size: resize or crop them.',
        });
      }
      const gradients = gradientAt(await model.evaluate({ input, gradient: { of: { kind: 'sum-of-logits' }, at: [INPUT] } }), INPUT);
      if (shape === undefined) {
        shape = sample;
        sums = new Float64Array(sampleData(input, 0).length);
      }
      for (let n = 0; n < batchSize(gradients); n++) {
        const gradient = sampleData(gradients, n);
        for (let i = 0; i < sums.length; i++) sums[i]! += reduce === 'mean-absolute' ? Math.abs(gradient[i]!) : gradient[i]!;
      }
      samples += batchSize(gradients);
    },
    map: () => {
      if (shape === undefined) {
        throw new PellucidError('REQUEST_INVALID', {
          action: 'make a map of `accumulated-gradients`',
          problem: 'no batch was added',
          help: 'Pass at least one batch.',
        });
      }
      return { shape: [1, ...shape], data: Float32Array.from(sums, (sum) => Math.abs(sum) / samples) };
    },
  };
}

/**
 * Accumulated gradients: how strongly the sum of all logits reacts to each input value, over a data set or over the batches of a
 * training run (each with the model as it is at that moment). One map of the shape [1, ...], in the input's layout, float64 inside.
 * Every sample weighs the same, whatever the size of its batch.
 * @see {@link https://arxiv.org/abs/1806.10758 | Hooker et al. 2019}, for the ranking of inputs that it serves
 */
export const accumulatedGradients: MethodFactory<'gradient', AccumulatedGradientsOptions, GlobalMethod<'gradient'>> = defineGlobalMethod({
  name: 'accumulated-gradients',
  title: 'Accumulated gradients',
  paper: {
    authors: 'Hooker, Erhan, Kindermans, Kim',
    year: 2019,
    title: 'A Benchmark for Interpretability Methods in Deep Neural Networks',
    url: 'https://arxiv.org/abs/1806.10758',
  },
  kind: 'global',
  needs: ['gradient'],
  options: {
    reduce: choiceOption(['mean-absolute', 'absolute-mean'], 'mean-absolute', 'Mean of the absolute gradients, or absolute value of their mean.'),
  },
  begin,
});
