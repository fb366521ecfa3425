import type { BackwardRules } from '../model/backward-rules.ts';
import type { ModelAdapter } from '../model/model-adapter.ts';
import type { Objective } from '../model/objective.ts';
import type { OpKind } from '../model/op-kind.ts';
import type { Capability } from '../model/query.ts';
import type { RandomStream } from '../random/stream.ts';
import type { Layout } from '../tensor/layout.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { Estimate } from './estimate.ts';
import type { OptionSpecs } from './options.ts';

/** The publication that a method or metric follows. */
export interface Paper {
  readonly authors: string;
  readonly year: number;
  readonly title: string;
  readonly url: string;
}

/** What is known of a method without running it: the apps, the documents and the tests read this. */
export interface MethodDescription<Needs extends Capability = Capability> {
  /** Kebab case, as the papers call it: `integrated-gradients`. */
  readonly name: string;
  readonly title: string;
  readonly paper: Paper;
  /** What the model must offer. */
  readonly needs: readonly Needs[];
  /**
   * `local`: a map per sample, each by itself. `batch`: maps that share a basis, so that they depend on the whole batch.
   * `global`: one map for a data set or a training run.
   */
  readonly kind: 'local' | 'batch' | 'global';
}

/** The samples to explain, checked: shape and layout are the model's, values are finite, targets are in range. */
export interface MethodBatch {
  readonly input: Tensor;
  readonly layout: Layout;
  /** The explained class of each sample. */
  readonly targets: readonly number[];
  /** The scalar per sample to explain. Use `selectObjective` for batches that repeat samples. */
  readonly objective: Objective;
}

/** What a method may use besides the model. */
export interface MethodContext {
  /** Opens a random stream that belongs to one sample: its values, not its place in the batch, decide the draws. */
  readonly random: (sample: number, name: string) => RandomStream;
  /** How many samples one `evaluate` should hold to stay within the memory budget. Build inputs in pieces of this size, a power of two. */
  readonly chunkSize: number;
  /** Samples that stand for the data: for baselines and reference distributions. */
  readonly references?: Tensor | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Tells how much of the work is done. */
  readonly progress: (done: number, total: number) => void;
  /**
   * Offers what is known so far; `make` is called only where somebody wants to see it. True when it is as exact as was asked for: the
   * method stops with it. The decision is each sample's own, so that the company in a batch changes nothing.
   */
  readonly estimate: (make: () => Estimate) => boolean;
  /** Whether `estimate` may say so, and what is asked for ahead of it may be in vain. */
  readonly mayStop: boolean;
  /** Records a fact that the reader of the explanation must know, such as a fallback that was asked for. */
  readonly note: (text: string) => void;
}

/** What a method gives back. */
export interface Attribution {
  /** Raw and signed: never clipped, never normalised. [N, ...] */
  readonly values: Tensor;
  /** Layout of `values`. @defaultValue that of the input */
  readonly layout?: Layout | undefined;
  /** The layer that the map was made from. */
  readonly layer?: string | undefined;
  /** Per sample: how far the sum of the map is from what it should be, for methods that promise completeness. */
  readonly convergenceDelta?: readonly number[] | undefined;
  /** Standard error of each value, for methods that sample; the shape of `values`. */
  readonly standardError?: Tensor | undefined;
  /** Per sample: draws that were made, for methods that sample. */
  readonly draws?: readonly number[] | undefined;
}

/** One map in the making, from many batches. */
export interface Accumulation<Needs extends Capability> {
  /** Adds a batch. The model may change between calls: a training run passes its current state. */
  readonly add: (model: ModelAdapter<Needs>, input: Tensor) => Promise<void>;
  /** The map so far, of the shape [1, ...]. Fails when nothing was added. */
  readonly map: () => Tensor;
}

interface Configured<Needs extends Capability> {
  readonly description: MethodDescription<Needs>;
  /** The options in use, defaults filled in. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** A configured method that makes a map per sample. */
export interface SampleMethod<Needs extends Capability = Capability> extends Configured<Needs> {
  /** Makes the maps of a checked batch; call core's `explain`, which checks it. */
  readonly explain: (model: ModelAdapter<Needs>, batch: MethodBatch, context: MethodContext) => Promise<Attribution>;
  /** The backward rules that it goes by in a model of these operations, for programs that use them without the method. */
  readonly backwardRules?: ((kinds: ReadonlySet<OpKind>) => BackwardRules) | undefined;
}

/** A configured method that makes one map from many batches. */
export interface GlobalMethod<Needs extends Capability = Capability> extends Configured<Needs> {
  /** Starts an empty map. */
  readonly begin: () => Accumulation<Needs>;
}

/** A configured method: options in place, ready for `explain`. */
export type Method<Needs extends Capability = Capability> = SampleMethod<Needs> | GlobalMethod<Needs>;

/** Makes a configured method from options, and carries what is known of the method. */
export interface MethodFactory<Needs extends Capability, Options, Configured extends Method<Needs> = SampleMethod<Needs>>
  extends MethodDescription<Needs> {
  (options?: { readonly [Name in keyof Options]?: Options[Name] | undefined }): Configured;
  readonly options: OptionSpecs<Options>;
  /** Short names of settings, such as those of well-known sets of backward rules. */
  readonly presets?: Readonly<Record<string, Partial<Options>>> | undefined;
}
