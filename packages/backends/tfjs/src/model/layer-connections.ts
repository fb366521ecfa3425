import { PellucidError } from '@pellucid/core';

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null && !Array.isArray(value);

/** A layer as a topology lists it: each of its calls names the calls of other layers that it takes its inputs from. */
interface ListedLayer {
  readonly name: string;
  /** Inputs, and models as layers, stand there before they are called. */
  readonly standing: number;
  readonly calls: readonly (readonly (readonly [layer: string, call: number])[])[];
}

const STANDING: readonly unknown[] = ['InputLayer', 'Model', 'Functional', 'Sequential'];

/** Undefined for a layer that says its connections in another way than Keras 2 does. */
function listedLayer(value: unknown): ListedLayer | undefined {
  if (!isObject(value) || typeof value['name'] !== 'string' || !Array.isArray(value['inbound_nodes'])) return undefined;
  const calls: [string, number][][] = [];
  for (const node of value['inbound_nodes'] as readonly unknown[]) {
    if (!Array.isArray(node)) return undefined;
    const inputs = (node as readonly unknown[]).map((input): [string, number] | undefined =>
      Array.isArray(input) && typeof input[0] === 'string' && typeof input[1] === 'number' ? [input[0], input[1]] : undefined);
    if (inputs.some((input) => input === undefined)) return undefined;
    calls.push(inputs.filter((input) => input !== undefined));
  }
  return { name: value['name'], standing: STANDING.includes(value['class_name']) ? 1 : 0, calls };
}

/** The layers of a model that can never be called, since each waits for another of them, or for a call that is not there. */
function unreachable(layers: readonly ListedLayer[]): readonly string[] {
  const made = new Map(layers.map(({ name, standing }) => [name, standing]));
  let waiting = layers.flatMap(({ name, calls }) => calls.map((inputs) => ({ name, inputs })));
  for (;;) {
    const left = waiting.filter(({ name, inputs }) => {
      if (inputs.some(([layer, call]) => (made.get(layer) ?? 0) <= call)) return true;
      made.set(name, (made.get(name) ?? 0) + 1);
      return false;
    });
    if (left.length === waiting.length) return [...new Set(left.map(({ name }) => name))];
    waiting = left;
  }
}

const invalid = (model: string, problem: string): PellucidError =>
  new PellucidError('MODEL_INVALID', { model, format: 'a TensorFlow.js model', problem, help: 'Save the model again.' });

/** The names of the layers that a model says are its inputs or outputs. */
const namesIn = (list: unknown): readonly string[] =>
  (Array.isArray(list) ? list : []).flatMap((entry: unknown) => (Array.isArray(entry) && typeof entry[0] === 'string' ? [entry[0]] : []));

/** Refuses a model without layers, or whose inputs or outputs are none of its layers: the library does not say so. */
function checkEnds(model: string, { layers, input_layers: inputs, output_layers: outputs }: Readonly<Record<string, unknown>>): void {
  if (!Array.isArray(layers)) return;
  if (layers.length === 0) throw invalid(model, 'its list `layers` is empty');
  if (Array.isArray(outputs) && outputs.length === 0) throw invalid(model, 'its list `output_layers` is empty');
  const names = new Set(layers.map((layer: unknown) => (isObject(layer) ? (layer['name'] ?? (isObject(layer['config']) ? layer['config']['name'] : undefined)) : undefined)));
  const check = (list: unknown, role: string): void => {
    const missing = namesIn(list).find((name) => !names.has(name));
    if (missing !== undefined) throw invalid(model, `its ${role} \`${missing}\` is none of its layers`);
  };
  check(inputs, 'input');
  check(outputs, 'output');
}

/**
 * Refuses a layers model without layers, whose inputs or outputs are none of them, or whose layers wait for each other in a circle, or for a call that no layer has: the loader of TensorFlow.js 4.22 would look for it for
 * ever.
 * @throws MODEL_INVALID.
 */
export function checkConnections(model: string, topology: unknown): void {
  if (Array.isArray(topology)) {
    for (const part of topology) checkConnections(model, part);
    return;
  }
  if (!isObject(topology)) return;
  const { layers } = topology;
  // A sequential model may be its list of layers itself.
  if (topology['class_name'] === 'Sequential' && Array.isArray(topology['config'])) checkEnds(model, { layers: topology['config'] });
  checkEnds(model, topology);
  const listed = Array.isArray(layers) ? layers.map(listedLayer) : [];
  const known = listed.filter((layer) => layer !== undefined);
  const missing = known.length === listed.length ? unreachable(known) : [];
  if (missing.length > 0) {
    throw invalid(model, `nothing reaches its layers \`${missing.join('`, `')}\`: their inputs form a circle, or are not there`);
  }
  for (const part of Object.values(topology)) checkConnections(model, part);
}
