import type { ModelAdapter } from '../model/model-adapter.ts';
import type { Capability } from '../model/query.ts';
import { attachDescription } from './attach-description.ts';
import type { Attribution, MethodBatch, MethodContext, Paper, SampleMethod } from './method.ts';
import { resolveOptions, type OptionSpecs } from './options.ts';

/** What is known of a wrapper without running it. It needs what the wrapped method needs. */
export interface WrapperDescription {
  readonly name: string;
  readonly title: string;
  readonly paper: Paper;
  readonly kind: 'local';
}

/** The definition of a method that asks another method about changed inputs and summarises its maps. */
export interface WrapperDefinition<Options extends object> extends WrapperDescription {
  readonly options: OptionSpecs<Options>;
  /** Makes the maps of a checked batch with the help of the wrapped method. */
  readonly explain: <Needs extends Capability>(
    model: ModelAdapter<Needs>,
    wrapped: SampleMethod<Needs>,
    batch: MethodBatch,
    options: Options,
    context: MethodContext,
  ) => Promise<Attribution>;
}

/** Makes a configured method from another one and options, and carries what is known of the wrapper. */
export interface WrapperFactory<Options> extends WrapperDescription {
  <Needs extends Capability>(
    method: SampleMethod<Needs>, options?: { readonly [Name in keyof Options]?: Options[Name] | undefined },
  ): SampleMethod<Needs>;
  readonly wraps: 'local';
  readonly options: OptionSpecs<Options>;
}

/** Defines a method around any local method. The result is called with the method and options and carries the description. */
export function defineWrapper<Options extends object>(definition: WrapperDefinition<Options>): WrapperFactory<Options> {
  const { name, title, paper, kind, options: specs } = definition;
  const factory = <Needs extends Capability>(method: SampleMethod<Needs>, given: Partial<Options> = {}): SampleMethod<Needs> => {
    const options = resolveOptions(name, specs, given);
    return {
      description: { name, title, paper, kind, needs: method.description.needs },
      options: { ...options, method: { name: method.description.name, options: method.options } },
      explain: (model, batch, context) => definition.explain(model, method, batch, options, context),
    };
  };
  attachDescription(factory, { name, title, paper, kind, wraps: 'local', options: specs });
  return factory as unknown as WrapperFactory<Options>;
}

/**
 * What a wrapped method may use for a batch that a wrapper made: random streams that belong to the original sample and to the place that
 * `draw` names in the wrapper's work, and no voice in progress and estimates, which are the wrapper's.
 */
export function wrappedContext(
  context: MethodContext,
  wrapped: { readonly description: { readonly name: string } },
  draws: readonly { readonly sample: number; readonly draw: string }[],
): MethodContext {
  return {
    ...context,
    random: (place, name) => {
      const origin = draws[place];
      if (origin === undefined) throw new Error(`internal: no sample ${place} in the wrapped batch`);
      return context.random(origin.sample, `${origin.draw}/${wrapped.description.name}/${name}`);
    },
    progress: () => undefined,
    estimate: () => false,
    mayStop: false,
  };
}
