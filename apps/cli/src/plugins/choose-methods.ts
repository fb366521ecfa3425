import { PellucidError, suggestNames, type Method } from '@pellucid/core';
import { describeBroken, type Discovery, type FoundMethod } from '@pellucid/plugins';
import { isJsonObject, parseJsonObject, type JsonObject } from '../command-line/parse-values.ts';

/** What the command line says about methods. */
export interface MethodRequest {
  /** Names of methods, or of packages that offer one. */
  readonly names: readonly string[];
  /** JSON: the options of the one method, or an object keyed by method name. */
  readonly options?: string | undefined;
  readonly layer?: string | undefined;
}

/** Finds a method by its own name or by that of its package. @throws METHOD_UNKNOWN, REQUEST_INVALID. */
export function findMethod({ methods, broken }: Discovery, name: string): FoundMethod {
  const byName = methods.filter(({ factory }) => factory.name === name);
  const matches = byName.length > 0 ? byName : methods.filter(({ packageName }) => packageName === name);
  const [match, ...others] = matches;
  if (match !== undefined && others.length === 0) return match;
  if (match !== undefined) {
    const candidates = matches.map(({ packageName, factory }) => `\`${factory.name}\` of \`${packageName}\``).join(', ');
    throw new PellucidError('REQUEST_INVALID', {
      action: `choose the method \`${name}\``,
      problem: `several are meant by this name: ${candidates}`,
      help: byName.length > 0 ? 'Use the name of the package.' : 'Use the name of the method.',
    });
  }
  const failures = broken.filter(({ packageName }) => packageName === name);
  const nearest = `${suggestNames(name, methods.map(({ factory }) => factory.name))} \`pellucid methods\` lists all. ${describeBroken(broken)}`;
  const help = failures.length === 0 ? nearest.trimEnd() : describeBroken(failures);
  throw new PellucidError('METHOD_UNKNOWN', { kind: 'method', name, help });
}

/** The part of `--options` for each method. */
function splitOptions(text: string | undefined, names: readonly string[]): readonly JsonObject[] {
  if (text === undefined) return names.map(() => ({}));
  const options = parseJsonObject(text, 'of `--options`', 'Give one JSON object in single quotes, such as \'{"steps":50,"baseline":"zero"}\'.');
  if (names.length === 1) return [options];
  for (const [name, value] of Object.entries(options)) {
    if (names.includes(name) && isJsonObject(value)) continue;
    throw new PellucidError('CONFIGURATION_INVALID', {
      where: 'of `--options`',
      problem: names.includes(name) ? `\`${name}\` holds ${JSON.stringify(value)}, not an object` : `\`${name}\` is none of the methods asked for`,
      help: `With several methods give an object keyed by method name, such as '{"${names[0]!}":{...}}'. ${suggestNames(name, names)}`,
    });
  }
  return names.map((name) => {
    const value = options[name];
    return isJsonObject(value) ? value : {};
  });
}

const takesLayer = ({ factory }: FoundMethod): boolean => Object.hasOwn(factory.options, 'layer');

function checkLayer(layer: string, found: readonly FoundMethod[], options: readonly JsonObject[]): void {
  if (!found.some(takesLayer)) {
    const names = found.map(({ factory }) => `\`${factory.name}\``).join(', ');
    throw new PellucidError('REQUEST_INVALID', {
      action: `use \`--layer ${layer}\``,
      problem: `${names} ${found.length === 1 ? 'has' : 'have'} no \`layer\` option`,
      help: 'Leave it out, or choose a method that looks at a layer: `pellucid methods` shows the options of each.',
    });
  }
  const twice = options.findIndex((given) => given['layer'] !== undefined && given['layer'] !== layer);
  if (twice < 0) return;
  throw new PellucidError('REQUEST_INVALID', {
    action: `use \`--layer ${layer}\``,
    problem: `\`--options\` names another layer for \`${found[twice]!.factory.name}\``,
    help: 'Name the layer once.',
  });
}

/**
 * Finds the methods that were asked for and gives them their options.
 * @throws METHOD_UNKNOWN, OPTION_UNKNOWN and OPTION_INVALID, CONFIGURATION_INVALID, REQUEST_INVALID.
 */
export function chooseMethods(discovery: Discovery, { names, options, layer }: MethodRequest): readonly Method[] {
  const found = names.map((name) => findMethod(discovery, name));
  const chosen = found.map(({ factory }) => factory.name);
  const repeated = chosen.find((name, i) => chosen.indexOf(name) !== i);
  if (repeated !== undefined) {
    throw new PellucidError('REQUEST_INVALID', {
      action: `run \`${repeated}\` twice`,
      problem: 'its files would overwrite each other',
      help: 'Name each method once; use another `--out` for other options.',
    });
  }
  const given = splitOptions(options, chosen);
  if (layer !== undefined) checkLayer(layer, found, given);
  return found.map((method, i) => method.factory({ ...given[i]!, ...(layer !== undefined && takesLayer(method) && { layer }) }));
}
