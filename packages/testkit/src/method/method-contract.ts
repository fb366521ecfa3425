import type { ModelAdapter } from '@pellucid/core';
import type { ContractCheck } from '../contract-check.ts';
import { abortChecks } from './abort-checks.ts';
import { answerChecks, type KnownAnswers } from './answer-checks.ts';
import { descriptionChecks } from './description-checks.ts';
import { estimateChecks } from './estimate-checks.ts';
import { invarianceChecks } from './invariance-checks.ts';
import type { AnyMethodFactory, Subject } from './subject.ts';

/** What the contract has to know about a method. */
export interface MethodContractSettings<Options> extends KnownAnswers {
  /** Options to run the method with, such as few steps. @defaultValue the method's defaults */
  readonly options?: { readonly [Name in keyof Options]?: Options[Name] | undefined } | undefined;
  /** Relative difference allowed between a sample alone and in a batch, or in other chunks. @defaultValue 0: the same bits */
  readonly tolerance?: number | undefined;
  /**
   * Gives a loaded model of images, with three classes or more, to run the checks on: an engine rounds, so that `tolerance` has to allow for
   * it. The checks that need a formula are left out. @defaultValue formulas
   */
  readonly model?: (() => ModelAdapter) | undefined;
}

/**
 * What every method of Pellucid promises, as named checks to run in any test framework:
 * `for (const { name, run } of methodContract(saliency)) test(name, run)`. The models are formulas whose derivatives are exact.
 */
export function methodContract<Options extends object>(
  factory: AnyMethodFactory<Options>,
  settings: MethodContractSettings<Options> = {},
): ContractCheck[] {
  const { options, tolerance = 0, model, ...answers } = settings;
  const subject: Subject = { factory, specs: factory.options, make: () => factory(options), tolerance, loaded: model };
  return [
    ...descriptionChecks(subject),
    ...invarianceChecks(subject),
    ...abortChecks(subject),
    ...estimateChecks(subject),
    ...(model === undefined ? answerChecks(subject, answers) : []),
  ];
}
