import type { OpKind } from '@pellucid/core';
import { attributeInt, copyWith, intAttribute, type Dimension, type NodeProto } from '@pellucid/onnx-graph';
import { addAll, type Emitter } from '../engine/emitter.ts';
import { trueDerivative } from '../engine/true-derivative.ts';
import { WEIGHTED } from '../operators/linear-operators.ts';
import { sumOfPhases } from './shortcut-phases.ts';

/** A batch of samples and then their baselines, in two tensors. */
export type Halves = readonly [here: string, there: string];

/** Half of a length, in words where it is free: halves of one batch have to be known to fit each other. */
const HALF = '/2';
const halfOf = (length: Dimension): Dimension => (typeof length === 'number' ? length / 2 : length === null ? null : `${length}${HALF}`);
const twice = (length: Dimension): Dimension => {
  if (typeof length === 'number') return 2 * length;
  return length?.endsWith(HALF) === true ? length.slice(0, -HALF.length) : null;
};

/** Cuts a tensor in the middle of its batch axis. */
function splitBatch(emit: Emitter, whole: string): Halves {
  if (typeof emit.batch === 'string' && typeof emit.typeOf(whole).shape?.[0] === 'number') {
    return emit.fail('the first axis of its values is not the batch, which holds samples and then their baselines', 'Export the model with the batch in front throughout.');
  }
  const attributes = emit.opset >= 18 ? [intAttribute('num_outputs', 2)] : [];
  const [here = '', there = ''] = emit.opMany('Split', [whole], 2, [intAttribute('axis', 0), ...attributes]);
  const { elementType, shape } = emit.typeOf(whole);
  for (const part of [here, there]) emit.declare(part, { elementType, shape: shape && [halfOf(shape[0] ?? null), ...shape.slice(1)] });
  return [here, there];
}

/** The halves of a tensor: those that it was joined of, where it was. */
export function halvesOf(emit: Emitter, whole: string): Halves {
  const known = emit.halves.get(whole);
  if (known !== undefined) return known;
  const halves = splitBatch(emit, whole);
  emit.halves.set(whole, halves);
  for (const half of halves) emit.wholes.set(half, whole);
  return halves;
}

/** One tensor of two halves. */
export function joinHalves(emit: Emitter, here: string, there: string): string {
  return emit.once(`halves ${here} and ${there}`, () => {
    const whole = emit.op('Concat', [here, there], [intAttribute('axis', 0)]);
    const { elementType, shape } = emit.typeOf(here);
    emit.declare(whole, { elementType, shape: shape && [twice(shape[0] ?? null), ...shape.slice(1)] });
    if (emit.uses('batch-halves')) emit.halves.set(whole, [here, there]);
    return whole;
  });
}

/** What a tensor holds twice, once for samples and once for baselines; `null` where it is not known to. */
function twinOf(emit: Emitter, whole: string | null): string | null {
  const [here, there] = (whole === null ? undefined : emit.halves.get(whole)) ?? [null, ''];
  return here === there ? here : null;
}

const addTerms = (emit: Emitter, terms: readonly string[]): string => sumOfPhases(emit, terms) ?? addAll(emit, terms);

/** Sum of gradients of one shape; of what they hold twice, where all do. */
export function addGradients(emit: Emitter, terms: readonly string[]): string {
  const twins = terms.map((term) => twinOf(emit, term));
  if (terms.length < 2 || twins.includes(null)) return addTerms(emit, terms);
  const sum = addTerms(emit, twins.flatMap((twin) => twin ?? []));
  return joinHalves(emit, sum, sum);
}

/** Whether the gradient at the data follows from the arriving gradient and weights alone, sample by sample along the first axis. */
function passesSamples(emit: Emitter, node: NodeProto, kind: OpKind, wanted: readonly boolean[]): boolean {
  const { opType, input } = node;
  if (!WEIGHTED.has(kind) || wanted.indexOf(true) !== 0 || wanted.lastIndexOf(true) !== 0) return false;
  const shape = emit.typeOf(input[0] ?? '').shape;
  if (shape?.slice(1).every((length) => typeof length === 'number') !== true) return false;
  switch (opType) {
    case 'Conv':
    case 'ConvTranspose':
      return true;
    case 'Gemm':
      return attributeInt(node, 'transA', 0) === 0;
    case 'MatMul':
      return shape.length === 2 && emit.typeOf(input[1] ?? '').shape?.length === 2;
    default:
      return false;
  }
}

/** The true derivative of a linear operation of what samples and baselines share, computed once for both; `null` where this does not apply. */
export function passOnce(
  emit: Emitter, node: NodeProto, kind: OpKind, wanted: readonly boolean[], gradients: readonly (string | null)[],
): readonly (string | null)[] | null {
  const twin = twinOf(emit, gradients[0] ?? null);
  if (twin === null || gradients.length > 1 || !passesSamples(emit, node, kind, wanted)) return null;
  return trueDerivative(emit, node, wanted, [twin]).map((result) => result && joinHalves(emit, result, result));
}

/** Activations whose derivative at a value follows from that value, what it became, and parameters. */
const ACTIVATIONS: ReadonlySet<string> = new Set([
  'Celu', 'Clip', 'Elu', 'Gelu', 'HardSigmoid', 'HardSwish', 'LeakyRelu', 'Mish', 'Relu', 'Selu', 'Sigmoid', 'Softplus', 'Softsign', 'Swish', 'Tanh', 'ThresholdedRelu',
]);

/** The true derivative of an activation half by half, so that what the halves share is not joined for it alone; `null` where this does not apply. */
export function deriveByHalves(
  emit: Emitter, node: NodeProto, wanted: readonly boolean[], gradients: readonly (string | null)[],
): readonly (string | null)[] | null {
  const [gradient = null, ...more] = gradients;
  const arriving = gradient === null ? undefined : emit.halves.get(gradient);
  if (!emit.uses('batch-halves') || arriving === undefined || more.length > 0 || !ACTIVATIONS.has(node.opType)) return null;
  const [inputs, outputs] = [node.input[0] ?? '', node.output[0] ?? ''].map((name) => halvesOf(emit, name));
  const [here = null, there = null] = arriving.map((half, i) => {
    const part = copyWith(node, { input: [inputs?.[i] ?? '', ...node.input.slice(1)], output: [outputs?.[i] ?? ''] });
    return trueDerivative(emit, part, wanted, [half])[0] ?? null;
  });
  return here === null || there === null ? null : [joinHalves(emit, here, there), ...node.input.slice(1).map(() => null)];
}
