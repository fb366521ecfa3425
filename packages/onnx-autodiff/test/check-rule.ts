import { randomStream } from '@pellucid/core';
import {
  ElementType, intAttribute, makeModel, makeNode, makeTensor, makeValueInfo, tensorShape, tensorValues, type AttributeProto, type Dimension, type NodeProto, type OnnxModel, type TensorProto,
} from '@pellucid/onnx-graph';
import { differentiate } from '../src/index.ts';
import { open, run, type OpenModel, type Values } from './session.ts';

/** One use of an operator whose gradient is checked. */
export interface RuleCase {
  readonly operator: string;
  /** @defaultValue the standard domain */
  readonly domain?: string;
  /** @defaultValue 17 */
  readonly opset?: number;
  /** Declared shapes of the inputs that vary; the symbol `n` is a batch of 2, one that ends with a number an axis of that length. */
  readonly inputs: Readonly<Record<string, readonly Dimension[]>>;
  /** Stored inputs. */
  readonly constants?: readonly TensorProto[];
  /** Constants that the model takes as inputs, so that only the run knows them. */
  readonly atRuntime?: readonly string[];
  /** Order of all inputs. @defaultValue those that vary, then the constants */
  readonly order?: readonly string[];
  readonly attributes?: readonly AttributeProto[];
  /** Number of outputs; the gradient of the sum over all is checked. @defaultValue 1 */
  readonly outputs?: number;
  /** The first axes of the outputs differ, so that they are joined in one row. @defaultValue false */
  readonly uneven?: boolean;
  /** The runtime approximates the operator's activations, whose rounding differences then magnify. @defaultValue false */
  readonly approximated?: boolean;
  /** Outputs before those that are not read. @defaultValue 0 */
  readonly before?: number;
  /** Further outputs that are named but not read. @defaultValue 0 */
  readonly unread?: number;
  /** Values of an input from standard normal draws, to stay inside a domain or away from kinks. @defaultValue the draws */
  readonly values?: (draw: number, index: number) => number;
  /** The runtime has no double kernel, so that single precision is used. @defaultValue false */
  readonly single?: boolean;
  /** The operator is linear between kinks, so that a long step is exact. @defaultValue false */
  readonly linear?: boolean;
  /** Of the draws. @defaultValue 5 */
  readonly seed?: number;
}

const BATCH = 2;
/** Lengths of the other symbols. */
const FREE: Readonly<Record<string, number>> = { h: 3, w: 4 };
const lengthOf = (length: Dimension): number => (length === 'n' ? BATCH : FREE[String(length)] ?? Number(String(length).replace(/^[a-z]+/, '')));
export const lengthsOf = (shape: readonly Dimension[]): number[] => shape.map(lengthOf);
const sizeOf = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1);

/** The model of a case: the operator; several outputs are joined to one. */
export function caseModel(check: RuleCase): OnnxModel {
  const { operator, domain = '', opset = 17, inputs, constants = [], atRuntime = [], order, attributes = [], outputs = 1, before = 0, unread = 0, single = false } = check;
  const elementType = single ? ElementType.FLOAT : ElementType.DOUBLE;
  const names = Array.from({ length: outputs }, (_, i) => `y${i}`);
  const earlier = Array.from({ length: before }, (_, i) => `before${i}`);
  const silent = Array.from({ length: unread }, (_, i) => `unread${i}`);
  const checked = makeNode(operator, order ?? [...Object.keys(inputs), ...constants.map(({ name }) => name)], [...earlier, ...names, ...silent], attributes);
  const nodes: NodeProto[] = [checked];
  // Several outputs of unequal size are joined in one list.
  if (outputs > 1) {
    for (const name of names) nodes.push(makeNode('Flatten', [name], [`${name}/flat`], [intAttribute('axis', check.uneven === true ? 0 : 1)]));
    nodes.push(makeNode('Concat', names.map((name) => `${name}/flat`), ['y'], [intAttribute('axis', 1)]));
  } else {
    nodes.push(makeNode('Identity', ['y0'], ['y']));
  }
  const model = makeModel({
    name: operator, opset, producer: 'test', nodes, initializers: constants.filter(({ name }) => !atRuntime.includes(name)),
    inputs: [
      ...Object.entries(inputs).map(([name, shape]) => makeValueInfo(name, { elementType, shape })),
      ...constants.filter(({ name }) => atRuntime.includes(name)).map((tensor) =>
        makeValueInfo(tensor.name, { elementType: tensor.dataType, shape: tensorShape(tensor).map((length, axis, { length: rank }) => (axis === rank - 1 ? length : `${tensor.name}${axis}`)) })),
    ],
    outputs: [makeValueInfo('y', { elementType, shape: null })],
  });
  const [standard] = model.proto.opsetImport;
  if (domain !== '' && standard) model.proto.opsetImport.push({ ...standard, domain, version: 1n });
  checked.domain = domain;
  return model;
}

/** A stored tensor of the case's precision with standard normal values. */
export function weights(name: string, shape: readonly number[], single = false): TensorProto {
  const stream = randomStream(11, name);
  const values = Float64Array.from({ length: sizeOf(shape) }, () => stream.normal());
  return makeTensor(name, single ? ElementType.FLOAT : ElementType.DOUBLE, shape, values);
}

/** Values from a named stream of normal draws. */
export function draw(name: string, shape: readonly number[], single: boolean, map: (draw: number, index: number) => number = (value) => value, seed = 5): Values {
  const stream = randomStream(seed, name);
  const data = Float64Array.from({ length: sizeOf(shape) }, (_, i) => map(stream.normal(), i));
  return { shape, data: single ? Float64Array.from(Float32Array.from(data)) : data };
}

const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0);

/** The slope along a direction by central differences; two steps in single precision, so that the curvature of y cancels (Richardson). */
async function slope(along: (distance: number) => Promise<number>, { single = false, linear = false }: RuleCase): Promise<number> {
  const central = async (step: number): Promise<number> => (await along(step) - await along(-step)) / (2 * step);
  if (linear) return central(0.05);
  if (!single) return central(1e-5);
  return (4 * await central(0.01) - await central(0.02)) / 3;
}

async function largestError(check: RuleCase, model: OnnxModel, forwardModel: OpenModel): Promise<number> {
  const { inputs, single = false, values, seed } = check;
  const names = Object.keys(inputs);
  const point = new Map(names.map((name) => [name, draw(name, lengthsOf(inputs[name] ?? []), single, values, seed)]));
  const given = (check.constants ?? []).filter(({ name }) => check.atRuntime?.includes(name))
    .map((tensor): [string, Values] => [tensor.name, { shape: tensorShape(tensor), data: Float64Array.from(tensorValues(tensor), Number) }]);
  const forward = async (feeds: ReadonlyMap<string, Values>): Promise<Values> => {
    const y = (await forwardModel.run(new Map([...feeds, ...given]), ['y'])).get('y');
    if (!y) throw new Error('no output');
    return y;
  };
  const { shape } = await forward(point).catch((error: unknown) => { throw new NotRunnable(String(error)); });
  const cotangent = draw('cotangent', shape, single, undefined, seed);
  const derivative = differentiate(model, { of: 'y', at: names });
  const gradients = await run(derivative.model, new Map([...point, ...given]).set(derivative.cotangent, cotangent), [...derivative.gradients.values()]);
  let worst = 0;
  for (const name of names) {
    const at = point.get(name);
    const gradient = gradients.get(derivative.gradients.get(name) ?? '');
    if (!at || !gradient) throw new Error(`no gradient at ${name}`);
    if (gradient.shape.join() !== at.shape.join()) throw new Error(`the gradient has shape ${gradient.shape.join()}, not ${at.shape.join()}`);
    const direction = draw(`direction of ${name}`, at.shape, single, undefined, seed).data;
    const difference = await slope(async (distance) => {
      const data = at.data.map((value, i) => value + distance * direction[i]!);
      return dot(cotangent.data, (await forward(new Map(point).set(name, { shape: at.shape, data }))).data);
    }, check);
    const length = Math.sqrt(dot(gradient.data, gradient.data)) * Math.sqrt(dot(direction, direction));
    const error = Math.abs(difference - dot(gradient.data, direction)) / Math.max(length, 1e-12);
    worst = Number.isNaN(error) ? Infinity : Math.max(worst, error);
  }
  return worst;
}

/** The runtime does not run the operator of a case itself, whose gradient therefore cannot be checked. */
export class NotRunnable extends Error {}

/**
 * Compares the gradient of `sum(c y)` with central differences in random directions, one per input.
 * @returns the largest difference, relative to the length of the gradient
 * @throws NotRunnable where the runtime refuses the model as it is
 */
export async function gradientError(check: RuleCase): Promise<number> {
  const model = caseModel(check);
  const opened = await open(model).catch((error: unknown) => { throw new NotRunnable(String(error)); });
  try {
    return await largestError(check, model, opened);
  } finally {
    await opened.close();
  }
}
