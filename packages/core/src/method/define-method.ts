import type { BackwardRules } from '../model/backward-rules.ts';
import type { ModelAdapter } from '../model/model-adapter.ts';
import type { OpKind } from '../model/op-kind.ts';
import type { Capability } from '../model/query.ts';
import { attachDescription } from './attach-description.ts';
import type {
  Accumulation, Attribution, GlobalMethod, Method, MethodBatch, MethodContext, MethodDescription, MethodFactory, SampleMethod,
} from './method.ts';
import { resolveOptions, type OptionSpecs } from './options.ts';

/** The definition of a method that makes a map per sample. */
export interface SampleMethodDefinition<Needs extends Capability, Options extends object> extends MethodDescription<Needs> {
  readonly kind: 'local' | 'batch';
  readonly options: OptionSpecs<Options>;
  /** Makes the maps of a checked batch. */
  readonly explain: (
    model: ModelAdapter<Needs>,
    batch: MethodBatch,
    options: Options,
    context: MethodContext,
  ) => Promise<Attribution>;
  /** The backward rules that the method goes by in a model of these operations. @defaultValue none */
  readonly backwardRules?: (options: Options, kinds: ReadonlySet<OpKind>) => BackwardRules;
  /** Short names of settings. @defaultValue none */
  readonly presets?: Readonly<Record<string, Partial<Options>>>;
}

/** The definition of a method that makes one map from many batches. */
export interface GlobalMethodDefinition<Needs extends Capability, Options extends object> extends MethodDescription<Needs> {
  readonly kind: 'global';
  readonly options: OptionSpecs<Options>;
  /** Starts an empty map. */
  readonly begin: (options: Options) => Accumulation<Needs>;
}

function makeFactory<Needs extends Capability, Options extends object, Configured extends Method<Needs>>(
  { name, title, paper, needs, kind, options, presets }:
  MethodDescription<Needs> & { readonly options: OptionSpecs<Options>; readonly presets?: Readonly<Record<string, Partial<Options>>> },
  configure: (description: MethodDescription<Needs>, resolved: Options) => Configured,
): MethodFactory<Needs, Options, Configured> {
  const description: MethodDescription<Needs> = { name, title, paper, needs, kind };
  const factory = (given: Partial<Options> = {}): Configured => configure(description, resolveOptions(name, options, given));
  attachDescription(factory, { ...description, options, ...(presets && { presets }) });
  return factory as MethodFactory<Needs, Options, Configured>;
}

/** Defines a method that makes a map per sample. The result is called with options and carries the description. */
export function defineMethod<const Needs extends Capability, Options extends object>(
  definition: SampleMethodDefinition<Needs, Options>,
): MethodFactory<Needs, Options> {
  const { backwardRules } = definition;
  return makeFactory(definition, (description, options): SampleMethod<Needs> => ({
    description,
    options: Object.fromEntries(Object.entries(options)),
    explain: (model, batch, context) => definition.explain(model, batch, options, context),
    ...(backwardRules && { backwardRules: (kinds: ReadonlySet<OpKind>) => backwardRules(options, kinds) }),
  }));
}

/** Defines a method that makes one map from many batches, such as those of a training run. */
export function defineGlobalMethod<const Needs extends Capability, Options extends object>(
  definition: GlobalMethodDefinition<Needs, Options>,
): MethodFactory<Needs, Options, GlobalMethod<Needs>> {
  return makeFactory(definition, (description, options): GlobalMethod<Needs> => ({
    description,
    options: Object.fromEntries(Object.entries(options)),
    begin: () => definition.begin(options),
  }));
}
