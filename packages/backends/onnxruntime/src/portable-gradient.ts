import { findLayer, PellucidError, type BackwardRules, type LayerInfo, type OpKind } from '@pellucid/core';
import { differentiate } from '@pellucid/onnx-autodiff';
import { ElementType, graphInputs, inferShapes, withMetadata, type OnnxModel, type TensorType } from '@pellucid/onnx-graph';
import { dependentTensors } from './graph/data-flow.ts';
import { describeLayers } from './graph/layers.ts';
import { freeForPairs, joinPairs } from './graph/paired-model.ts';

/** What a portable gradient computes. */
export interface PortableGradientOptions {
  /** Graph inputs, inner tensors or layers by any of their names; `inputs`, alone or among others: every floating-point graph input. */
  readonly wrt: 'inputs' | readonly string[];
  /** The tensor to differentiate. @defaultValue the only floating-point output */
  readonly of?: string | undefined;
  /** Replacements of the true derivative, or what chooses them by the kinds of operations in the model. @defaultValue none */
  readonly rules?: BackwardRules | ((kinds: ReadonlySet<OpKind>) => BackwardRules) | undefined;
  /** Let gradients pass quantisation: inside its range unchanged, outside 0. @defaultValue false */
  readonly straightThrough?: boolean | undefined;
  /** What a tensor that the output does not depend on gets. @defaultValue the error GRADIENT_UNREACHABLE */
  readonly unreachable?: 'zero' | undefined;
}

/** A model that also computes gradients. */
export interface PortableGradient {
  readonly model: OnnxModel;
  /** Nonlinear operations that the rules do not cover and that kept their true derivative: `<node> (<operator>)`. */
  readonly uncovered: readonly string[];
}

const FLOATS: readonly number[] = [ElementType.FLOAT, ElementType.DOUBLE, ElementType.FLOAT16, ElementType.BFLOAT16];
type Types = ReadonlyMap<string, TensorType>;
const isFloat = (types: Types, name: string): boolean => FLOATS.includes(types.get(name)?.elementType ?? 0);

function chooseOutput(model: OnnxModel, types: Types): string {
  const [only, ...others] = model.graph.output.map(({ name }) => name).filter((name) => isFloat(types, name));
  if (only !== undefined && others.length === 0) return only;
  const problem = only === undefined ? 'it has no floating-point output' : `it has several outputs (${[only, ...others].map((name) => `\`${name}\``).join(', ')})`;
  throw new PellucidError('REQUEST_INVALID', { action: `differentiate \`${model.name}\``, problem, help: 'Name the one to differentiate (`--of OUTPUT`).' });
}

function chooseInputs(model: OnnxModel, types: Types): readonly string[] {
  const names = graphInputs(model).map(({ name }) => name).filter((name) => isFloat(types, name));
  if (names.length > 0) return names;
  const problem = 'it has no floating-point input';
  throw new PellucidError('REQUEST_INVALID', { action: `differentiate \`${model.name}\``, problem, help: 'Name an inner tensor, such as the output of an embedding.' });
}

/** The tensors that depend on an input and may hold floats. */
function describe(model: OnnxModel, types: Types): readonly LayerInfo[] {
  const dependent = new Set(graphInputs(model).flatMap(({ name }) => [...dependentTensors(model, name)]));
  const candidates = model.graph.node.flatMap((node) =>
    node.output.filter((name) => dependent.has(name) && (isFloat(types, name) || (types.get(name)?.elementType ?? 0) === 0)).map((name) => ({ name, node })));
  return describeLayers(model, candidates, types, { name: '', layout: 'N*' });
}

/** What tells a gradient by rules from a true one, in the file itself. */
function describeRules({ name }: BackwardRules, uncovered: readonly string[]): Readonly<Record<string, string>> {
  return { 'pellucid.backward_rules': name, ...(uncovered.length > 0 && { 'pellucid.true_derivative': uncovered.join(', ') }) };
}

/**
 * A model that also computes gradients and runs in any ONNX runtime: the inputs of the given one plus `<OUTPUT>/cotangent`, its outputs plus
 * `<NAME>/gradient` for each tensor. Metadata and free axes stay. Rules over pairs add `<INPUT>/baseline` for each floating-point input; the
 * batch of samples and baselines is joined inside.
 * @throws GRADIENT_UNDEFINED, GRADIENT_UNREACHABLE, LAYER_NOT_FOUND, LAYER_AMBIGUOUS, REQUEST_INVALID; MODEL_UNSUPPORTED where pairs cannot
 * be joined.
 */
export function portableGradient(given: OnnxModel, { wrt, of, rules: wanted, straightThrough, unreachable }: PortableGradientOptions): PortableGradient {
  const kindsOf = (layers: readonly LayerInfo[]): ReadonlySet<OpKind> => new Set(layers.map(({ kind }) => kind));
  const rules = typeof wanted === 'function' ? wanted(kindsOf(describe(given, inferShapes(given)))) : wanted;
  const model = rules?.paired === true ? freeForPairs(given) : given;
  const types = inferShapes(model);
  const layers = describe(model, types);
  const find = (name: string): string => (types.has(name) ? name : findLayer({ name: model.name, layers }, name).name);
  const expand = (name: string): readonly string[] => (name === 'inputs' && !types.has(name) ? chooseInputs(model, types) : [find(name)]);
  const at = wrt === 'inputs' ? chooseInputs(model, types) : [...new Set(wrt.flatMap(expand))];
  const derived = differentiate(model, { of: of === undefined ? chooseOutput(model, types) : find(of), at, rules, straightThrough, unreachable });
  const { uncovered } = derived;
  if (rules === undefined) return { model: derived.model, uncovered };
  const whole = rules.paired === true ? joinPairs(derived.model, model, derived.cotangent) : derived.model;
  return { model: withMetadata(whole, describeRules(rules, uncovered)), uncovered };
}
