import { PellucidError, suggestNames } from '@pellucid/core';
import type { LayerDefinition, NetworkDefinition } from './network.ts';

/** What a setting of a layer may be. */
type Setting = 'count' | 'name' | 'padding';

const BASE: Readonly<Record<string, Setting>> = { name: 'name', from: 'name' };
const POOL: Readonly<Record<string, Setting>> = { ...BASE, size: 'count', stride: 'count' };

/** The settings of each kind of layer. A definition may come from a file: the compiler has not seen it. */
const SETTINGS: Readonly<Record<LayerDefinition['kind'], Readonly<Record<string, Setting>>>> = {
  'conv': { ...BASE, filters: 'count', kernel: 'count', stride: 'count', padding: 'padding' },
  'max-pool': { ...POOL, padding: 'padding' },
  'average-pool': POOL,
  'batch-norm': BASE,
  'relu': BASE,
  'global-average-pool': BASE,
  'flatten': BASE,
  'dense': { ...BASE, units: 'count' },
  'add': { ...BASE, with: 'name' },
};

const OPTIONAL: readonly string[] = ['from', 'stride', 'padding'];

const FITS: Readonly<Record<Setting, readonly [fits: (value: unknown) => boolean, expected: string]>> = {
  count: [(value) => Number.isSafeInteger(value) && Number(value) > 0, 'a whole number from 1'],
  name: [(value) => typeof value === 'string' && value !== '', 'a name'],
  padding: [(value) => value === 'same' || value === 'valid', '`same` or `valid`'],
};

/** What is wrong with a layer by itself; undefined where nothing is. */
function problemOf(layer: Readonly<Record<string, unknown>>): string | undefined {
  const { kind } = layer;
  const settings = typeof kind === 'string' ? new Map(Object.entries(SETTINGS)).get(kind) : undefined;
  if (settings === undefined) return `has the unknown kind \`${String(kind)}\`. ${suggestNames(String(kind), Object.keys(SETTINGS))}`;
  for (const [setting, what] of Object.entries(settings)) {
    const { [setting]: value } = layer;
    const [fits, expected] = FITS[what];
    if (value === undefined && OPTIONAL.includes(setting)) continue;
    if (value === undefined) return `has no ${setting}, which is ${expected}`;
    if (!fits(value)) return `has ${setting} ${String(value)}, which is not ${expected}`;
  }
  const unknown = Object.keys(layer).find((setting) => setting !== 'kind' && !Object.hasOwn(settings, setting));
  return unknown === undefined ? undefined : `has the unknown setting \`${unknown}\`. ${suggestNames(unknown, Object.keys(settings))}`;
}

/**
 * Checks that a network is described in the terms of `NetworkDefinition`; whether its layers fit together is found when their shapes are.
 * @throws REQUEST_INVALID that names the layer and what is wrong.
 */
export function checkDefinition({ name, input, classes, layers }: NetworkDefinition): void {
  const check = (fits: boolean, problem: string): void => {
    if (!fits) throw new PellucidError('REQUEST_INVALID', { action: `build the network \`${name}\``, problem, help: 'Correct the definition of the network.' });
  };
  const [isCount, count] = FITS.count;
  check(Array.isArray(input) && input.length === 3 && input.every(isCount), `its input is ${JSON.stringify(input)}, not height, width and channels, each ${count}`);
  check(isCount(classes), `it has ${String(classes)} classes, which is not ${count}`);
  check(Array.isArray(layers), 'its layers are no list');
  layers.forEach((layer: unknown, i) => {
    check(typeof layer === 'object' && layer !== null, `layer ${i} is no object`);
    const found = layer as Readonly<Record<string, unknown>>;
    const problem = problemOf(found);
    check(problem === undefined, `layer ${typeof found['name'] === 'string' ? `\`${found['name']}\`` : i} ${problem ?? ''}`);
  });
}
