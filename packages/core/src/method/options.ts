import { suggestNames } from '../errors/nearest-names.ts';
import { PellucidError } from '../errors/pellucid-error.ts';
import type { Tensor } from '../tensor/tensor.ts';

/** One option of a method or metric, described for programs, the command line and the documents alike. */
export interface OptionSpec<Value> {
  /** What is accepted, in words: `integer >= 1`. */
  readonly type: string;
  readonly description: string;
  readonly default: Value;
  /** Whether a value is of this type and in range. */
  readonly accepts: (value: unknown) => value is Value;
}

/** A description of every option. */
export type OptionSpecs<Options> = { readonly [Name in keyof Options]-?: OptionSpec<Options[Name]> };

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);

/** An option that is true or false. */
export function flagOption(fallback: boolean, description: string): OptionSpec<boolean> {
  return { type: 'boolean', description, default: fallback, accepts: (value) => typeof value === 'boolean' };
}

/** A whole number of at least `least`. */
export function integerOption(fallback: number, least: number, description: string): OptionSpec<number> {
  return {
    type: `integer >= ${least}`,
    description,
    default: fallback,
    accepts: (value): value is number => isNumber(value) && Number.isInteger(value) && value >= least,
  };
}

/** The largest numbers stand for no bound. */
function describeRange(least: number, most: number): string {
  if (most < Number.MAX_VALUE) return `number from ${least} to ${most}`;
  return least > -Number.MAX_VALUE ? `number >= ${least}` : 'number';
}

/** A finite number between `least` and `most`. */
export function numberOption(fallback: number, least: number, most: number, description: string): OptionSpec<number> {
  return {
    type: describeRange(least, most),
    description,
    default: fallback,
    accepts: (value): value is number => isNumber(value) && value >= least && value <= most,
  };
}

/** One of a few values. */
export function choiceOption<const Choice extends string | number | boolean>(
  choices: readonly Choice[],
  fallback: NoInfer<Choice>,
  description: string,
): OptionSpec<Choice> {
  return {
    type: choices.map((choice) => JSON.stringify(choice)).join(' | '),
    description,
    default: fallback,
    accepts: (value): value is Choice => choices.some((choice) => choice === value),
  };
}

/** An option that may be left out: the method then decides. */
export function optional<Value>(spec: OptionSpec<Value>): OptionSpec<Value | undefined> {
  return { ...spec, default: undefined, accepts: (value): value is Value | undefined => value === undefined || spec.accepts(value) };
}

/** The name of a layer; left out, the method chooses. */
export function layerOption(description: string): OptionSpec<string | undefined> {
  return {
    type: 'layer name',
    description,
    default: undefined,
    accepts: (value): value is string | undefined => value === undefined || (typeof value === 'string' && value !== ''),
  };
}

/** A height and a width in pixels, both at least 1. */
export function sizeOption(
  fallback: readonly [number, number],
  description: string,
): OptionSpec<readonly [number, number]> {
  return {
    type: '[height, width], integers >= 1',
    description,
    default: fallback,
    accepts: (value): value is readonly [number, number] =>
      Array.isArray(value) && value.length === 2 && value.every((length) => isNumber(length) && Number.isInteger(length) && length >= 1),
  };
}

/** Whether a value has the form of a tensor. */
export function isTensor(value: unknown): value is Tensor {
  return (
    typeof value === 'object' && value !== null && 'shape' in value && Array.isArray(value.shape) &&
    'data' in value && value.data instanceof Float32Array
  );
}

const describe = (value: unknown): string => {
  if (isTensor(value)) return `a tensor of shape [${value.shape.join(', ')}]`;
  const text = typeof value === 'function' ? 'a function' : (JSON.stringify(value) ?? String(value));
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
};

/**
 * Fills in the defaults and checks every value. An option given as `undefined` takes its default.
 * @throws OPTION_UNKNOWN with the nearest names; OPTION_INVALID with what was expected.
 */
export function resolveOptions<Options>(name: string, specs: OptionSpecs<Options>, given: Partial<Options>): Options {
  const described: Readonly<Record<string, OptionSpec<unknown>>> = specs;
  const values: Readonly<Record<string, unknown>> = given;
  for (const option of Object.keys(values)) {
    if (!Object.hasOwn(described, option)) {
      throw new PellucidError('OPTION_UNKNOWN', { option, name, help: suggestNames(option, Object.keys(described)) });
    }
  }
  const resolved: Record<string, unknown> = {};
  for (const [option, spec] of Object.entries(described)) {
    const value = values[option] === undefined ? spec.default : values[option];
    if (!spec.accepts(value)) {
      throw new PellucidError('OPTION_INVALID', { option, name, expected: spec.type, actual: describe(value) });
    }
    resolved[option] = value;
  }
  // Every option of `specs` was checked by its own guard above.
  return resolved as Options;
}
