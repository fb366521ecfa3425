import { PellucidError, suggestNames, type BackwardRules, type OpKind } from '@pellucid/core';
import type { AnyMethodFactory, Discovery, FoundMethod } from '@pellucid/plugins';
import { parseJsonObject, type JsonObject } from '../command-line/parse-values.ts';

/** What the command line says about backward rules. */
export interface RulesRequest {
  /** A method that goes by rules, or one of its presets, alone or behind the method: `lrp`, `epsilon-plus`, `lrp-epsilon-plus`. */
  readonly name: string;
  /** JSON: the options of the method. */
  readonly options?: string | undefined;
}

/** A method with the options that a name of rules stands for. */
interface NamedRules {
  readonly name: string;
  readonly factory: AnyMethodFactory;
  readonly options: JsonObject;
}

/** Every name that rules go by. */
export function listRules(methods: readonly FoundMethod[]): readonly NamedRules[] {
  return methods.filter(({ factory }) => factory.needs.includes('backward-rules')).flatMap(({ factory }) => [
    { name: factory.name, factory, options: {} },
    ...Object.entries(factory.presets ?? {}).map(([name, options]) => ({ name, factory, options })),
  ]);
}

function findRules({ methods }: Discovery, name: string): NamedRules {
  const all = listRules(methods);
  const matches = all.filter((rules) => rules.name === name || `${rules.factory.name}-${rules.name}` === name);
  const [match, ...others] = matches;
  if (match === undefined) {
    const known = `It can be ${all.map((rules) => `\`${rules.name}\``).join(', ')}.`;
    throw new PellucidError('METHOD_UNKNOWN', { kind: 'backward rules', name, help: `${suggestNames(name, all.map((rules) => rules.name))} ${known}` });
  }
  if (others.length === 0) return match;
  const candidates = matches.map((rules) => `\`${rules.name}\` of \`${rules.factory.name}\``).join(', ');
  throw new PellucidError('REQUEST_INVALID', {
    action: `choose the backward rules \`${name}\``, problem: `several are meant by this name: ${candidates}`, help: `Write \`${match.factory.name}-${match.name}\`.`,
  });
}

/**
 * Finds the backward rules that a name stands for, as a function of the kinds of operations in a model.
 * @throws METHOD_UNKNOWN, CONFIGURATION_INVALID, OPTION_UNKNOWN, OPTION_INVALID, REQUEST_INVALID.
 */
export function chooseRules(discovery: Discovery, { name, options: text }: RulesRequest): (kinds: ReadonlySet<OpKind>) => BackwardRules {
  const { factory, options } = findRules(discovery, name);
  const given = text === undefined ? {} : parseJsonObject(text, 'of `--options`', 'Give one JSON object in single quotes, such as \'{"epsilon":0.01}\'.');
  const twice = Object.keys(options).find((key) => Object.hasOwn(given, key) && given[key] !== options[key]);
  if (twice !== undefined) {
    const problem = `\`--options\` says something else of \`${twice}\`, which the name stands for`;
    throw new PellucidError('REQUEST_INVALID', { action: `use the rules \`${name}\``, problem, help: `Leave it out, or use \`--rules ${factory.name}\`.` });
  }
  const method = factory({ ...given, ...options });
  const make = 'backwardRules' in method ? method.backwardRules : undefined;
  if (make !== undefined) return make;
  throw new PellucidError('REQUEST_INVALID', {
    action: `use the rules of \`${factory.name}\``, problem: 'the method keeps its rules to itself', help: 'Its package has to give them to `defineMethod` as `backwardRules`.',
  });
}
