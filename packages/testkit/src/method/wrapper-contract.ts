import { defineMethod, gradientAt, INPUT, zipWith, type MethodFactory, type WrapperFactory } from '@pellucid/core';
import type { ContractCheck } from '../contract-check.ts';
import { methodContract, type MethodContractSettings } from './method-contract.ts';
import type { AnyMethodFactory } from './subject.ts';

/** Input x gradient plus a little noise of its own: a wrapper that mixes up samples, draws or random streams changes its maps. */
const wrapped: MethodFactory<'gradient', object> = defineMethod({
  name: 'noisy-input-x-gradient',
  title: 'Input x gradient with noise',
  paper: { authors: 'none', year: 2000, title: 'A method for tests', url: 'https://example.org' },
  kind: 'local',
  needs: ['gradient'],
  options: {},
  async explain(model, { input, objective }, _options, { random }) {
    const gradient = gradientAt(await model.evaluate({ input, gradient: { of: objective, at: [INPUT] } }), INPUT);
    const values = zipWith(input, gradient, (x, slope) => x * slope);
    const size = values.data.length / (input.shape[0] ?? 1);
    return { values: { ...values, data: values.data.map((value, i) => value + (i % size === 0 ? random(Math.floor(i / size), 'noise').uniform() : 0)) } };
  },
});

/** What every wrapper of Pellucid promises, as named checks: those of a method, run around a method that draws random numbers itself. */
export function wrapperContract<Options extends object>(
  factory: WrapperFactory<Options>, settings: Omit<MethodContractSettings<Options>, 'linear' | 'complete'> = {},
): ContractCheck[] {
  const make = (options?: { readonly [Name in keyof Options]?: Options[Name] | undefined }): ReturnType<typeof factory> => factory(wrapped(), options);
  const { name, title, paper, kind, options } = factory;
  for (const [key, value] of Object.entries({ name, title, paper, kind, options, needs: wrapped.needs })) {
    Object.defineProperty(make, key, { value, enumerable: true });
  }
  return methodContract(make as unknown as AnyMethodFactory<Options>, settings);
}
