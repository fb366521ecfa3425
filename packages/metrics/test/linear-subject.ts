import { randomStream, tensor, type FreshExplanation, type MetricSubject, type Tensor } from '@pellucid/core';
import { analyticModel, linear } from './analytic-model.ts';

/** Normal numbers in a tensor, by a name. */
export function randomTensor(shape: readonly number[], name: string): Tensor {
  const { normal } = randomStream(1, name);
  return tensor(shape, Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, normal));
}

/** A linear model of one channel on one image: f_0(x) = w.x, f_1(x) = 0, with a map. The contributions w x are its true map. */
export function linearSubject(height: number, width: number, map: 'true' | 'opposite' | readonly number[], image?: readonly number[]): MetricSubject & { readonly weights: Float32Array } {
  const weights = randomTensor([height * width], 'weights').data;
  const input = image === undefined ? randomTensor([1, 1, height, width], 'image') : tensor([1, 1, height, width], image);
  const truth = Float32Array.from(input.data, (value, i) => value * weights[i]!);
  const values = map === 'true' ? truth : map === 'opposite' ? truth.map((value) => -value) : Float32Array.from(map);
  return {
    model: analyticModel([1, height, width], 'NCHW', linear([...weights])).model, input, targets: [0], values: { shape: input.shape, data: values }, layout: 'NCHW', weights,
  };
}

/** Explains by a formula of the input, whatever the model. */
export function explainBy(formula: (input: Tensor) => Tensor): FreshExplanation {
  return ({ input }) => Promise.resolve({ values: formula(input), layout: 'NCHW' });
}

