import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { loadFromBench } from './all-methods.mjs';
import { ROOT } from './workspace.mjs';

const { explain, INPUT, tensor } = await loadFromBench('@pellucid/core');
const { analyticModel } = await import(pathToFileURL(join(ROOT, 'packages/testkit/dist/index.js')).href);

const SIDE = 16;
const PIXELS = SIDE * SIDE;
/** Two pixels of one value that the score uses alike, and one that it does not use. */
const [ONE, TWIN, DUMMY] = [2 * SIDE + 3, 9 * SIDE + 12, 13 * SIDE + 5];

/** f = (a + b)² + Σ w x over the other pixels but the dummy; the other class is its negative. */
const weight = (i) => (i === ONE || i === TWIN || i === DUMMY ? 0 : (((i * 7) % 11) - 5) / 11);
const network = {
  name: 'twins', shape: [1, SIDE, SIDE], classes: 2, layers: [],
  pass: (x) => {
    const pair = x[ONE] + x[TWIN];
    const value = x.reduce((sum, each, i) => sum + weight(i) * each, pair ** 2);
    const slope = Float64Array.from(x, (_, i) => (i === ONE || i === TWIN ? 2 * pair : weight(i)));
    return {
      logits: Float64Array.of(value, -value), activations: new Map(),
      backward: ([a, b]) => new Map([[INPUT, slope.map((each) => (a - b) * each)]]),
    };
  },
};

/** Methods whose unit is a segment; those that see the output alone group pixels too. */
const REGIONS = ['xrai'];

const ROUNDING = 1e-5;

/** Whether two values are the same: up to rounding, or up to the errors that the method tells. */
function verdict(difference, largest, error) {
  if (Math.abs(difference) <= ROUNDING * largest) return 'yes';
  return error !== undefined && Math.abs(difference) <= 3 * error ? 'estimated' : 'no';
}

/** Whether a dummy pixel gets nothing and symmetric pixels the same, by a method at its defaults; empty where it cannot be told. */
export async function axiomsOn(method) {
  const unknown = { dummy: '', symmetry: '' };
  const { name, needs, kind } = method.description;
  if (kind !== 'local' || needs.length === 0 || needs.some((need) => need !== 'gradient') || REGIONS.includes(name)) return unknown;
  const values = Float32Array.from({ length: PIXELS }, (_, i) => 0.1 + ((i * 37) % 64) / 80);
  values[TWIN] = values[ONE];
  const input = tensor([1, 1, SIDE, SIDE], values);
  try {
    const { values: { data, shape }, standardError } = await explain(analyticModel(network, { capabilities: ['gradient'] }), method, { input, targets: 0, references: input });
    if (shape.join() !== input.shape.join()) return unknown;
    const largest = data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const errorOf = (...pixels) => standardError && Math.hypot(...pixels.map((pixel) => standardError.data[pixel]));
    return { dummy: verdict(data[DUMMY], largest, errorOf(DUMMY)), symmetry: verdict(data[ONE] - data[TWIN], largest, errorOf(ONE, TWIN)) };
  } catch {
    return unknown;
  }
}
