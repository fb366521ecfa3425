import {
  convertLayout, explain,
  type Explanation, type Layout, type Method, type MethodDescription, type ModelAdapter, type OptionSpec, type OptionSpecs, type SampleRequest, type Tensor,
} from '@pellucid/core';
import { analyticModel, type AnalyticModelSettings } from './analytic-model.ts';
import { asBatch } from './cotangent.ts';
import { convolutionalFormula, normalValues } from './formulas.ts';

/** A method's factory, whatever the method needs. */
export interface AnyMethodFactory<Options> extends MethodDescription {
  (options?: { readonly [Name in keyof Options]?: Options[Name] | undefined }): Method;
  readonly options: OptionSpecs<Options>;
}

/** What the checks work on. */
export interface Subject {
  readonly factory: AnyMethodFactory<object>;
  readonly specs: Readonly<Record<string, OptionSpec<unknown>>>;
  readonly make: () => Method;
  readonly tolerance: number;
}

/** [channels, height, width] of the images that the checks use: no two lengths are equal, so that mixed up axes show. */
export const IMAGE = [2, 7, 5] as const;
export const SAMPLES = 3;
const TARGETS = [0, 2, 1];

/** The convolutional network of the checks, offering what the method says it needs and nothing else. */
export function exactModel({ factory }: Subject, settings: AnalyticModelSettings = {}): ModelAdapter {
  const network = convolutionalFormula({ shape: IMAGE, kernels: 3, classes: 3, stride: 2, seed: 5 });
  return analyticModel(network, { capabilities: factory.needs, ...settings });
}

/** A fresh request for the maps of a few random images. */
export function imageRequest(layout: Layout = 'NCHW'): SampleRequest & { readonly input: Tensor; readonly targets: readonly number[] } {
  const size = IMAGE[0] * IMAGE[1] * IMAGE[2];
  const samples = Array.from({ length: SAMPLES }, (_, sample) => normalValues(sample, 'image', size));
  return { input: convertLayout(asBatch(samples, IMAGE), 'NCHW', layout), targets: TARGETS, seed: 11 };
}

/** Runs the method on the images of the checks. */
export function explainImages(subject: Subject, request: SampleRequest = imageRequest(), model: ModelAdapter = exactModel(subject)): Promise<Explanation> {
  return explain(model, subject.make(), request);
}
