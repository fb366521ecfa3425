import {
  convertLayout, explain, imageGeometry,
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
  /** A loaded model to check the method on, in place of a formula. */
  readonly loaded: (() => ModelAdapter) | undefined;
}

/** [channels, height, width] of the images that the checks use: no two lengths are equal, so that mixed up axes show. */
export const IMAGE = [2, 7, 5] as const;
export const SAMPLES = 3;
const TARGETS = [0, 2, 1];

/** The model of the checks, offering what the method says it needs and nothing else: a convolutional formula, or the one that was loaded. */
export function subjectModel({ factory, loaded }: Subject, settings: AnalyticModelSettings = {}): ModelAdapter {
  if (loaded !== undefined) return { ...loaded(), capabilities: new Set(settings.capabilities ?? factory.needs) };
  const network = convolutionalFormula({ shape: IMAGE, kernels: 3, classes: 3, stride: 2, seed: 5 });
  return analyticModel(network, { capabilities: factory.needs, ...settings });
}

/** What the checks ask for: maps of a few images. */
export type ImageRequest = SampleRequest & { readonly input: Tensor; readonly targets: readonly number[] };

/** [channels, height, width] of the images of a subject, and how its model wants them. */
function imageOf({ loaded }: Subject): { readonly shape: readonly [number, number, number]; readonly layout: Layout } {
  if (loaded === undefined) return { shape: IMAGE, layout: 'NCHW' };
  const { shape, layout } = loaded().input;
  const { channels, height, width } = imageGeometry(shape.map((length) => length ?? 1), layout);
  return { shape: [channels, height, width], layout };
}

/** A fresh request for the maps of a few random images. @param wanted - the layout, where it is not the model's */
export function imageRequest(subject: Subject, wanted?: Layout): ImageRequest {
  const { shape, layout } = imageOf(subject);
  const size = shape[0] * shape[1] * shape[2];
  const samples = Array.from({ length: SAMPLES }, (_, sample) => normalValues(sample, 'image', size));
  return { input: convertLayout(asBatch(samples, shape), 'NCHW', wanted ?? layout), targets: TARGETS, seed: 11 };
}

/** Runs the method on the images of the checks. */
export function explainImages(subject: Subject, request: SampleRequest = imageRequest(subject), model: ModelAdapter = subjectModel(subject)): Promise<Explanation> {
  return explain(model, subject.make(), request);
}
