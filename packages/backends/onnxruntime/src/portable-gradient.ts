import { findLayer, PellucidError, type BackwardRules } from '@pellucid/core';
import { differentiate } from '@pellucid/onnx-autodiff';
import { ElementType, graphInputs, inferShapes, type OnnxModel, type TensorType } from '@pellucid/onnx-graph';
import { dependentTensors } from './graph/data-flow.ts';
import { describeLayers } from './graph/layers.ts';

/** What a portable gradient computes. */
export interface PortableGradientOptions {
  /** Graph inputs, inner tensors or layers by any of their names; `inputs`: every floating-point graph input. */
  readonly wrt: 'inputs' | readonly string[];
  /** The tensor to differentiate. @defaultValue the only floating-point output */
  readonly of?: string | undefined;
  /** Replacements of the true derivative. @defaultValue none */
  readonly rules?: BackwardRules | undefined;
  /** Let gradients pass quantisation: inside its range unchanged, outside 0. @defaultValue false */
  readonly straightThrough?: boolean | undefined;
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

/** Finds tensors by their name, or by that of their node or module. */
function tensorFinder(model: OnnxModel, types: Types): (name: string) => string {
  const dependent = new Set(graphInputs(model).flatMap(({ name }) => [...dependentTensors(model, name)]));
  const candidates = model.graph.node.flatMap((node) =>
    node.output.filter((name) => dependent.has(name) && (isFloat(types, name) || (types.get(name)?.elementType ?? 0) === 0)).map((name) => ({ name, node })));
  const layers = describeLayers(model, candidates, types, { name: '', layout: 'N*' });
  return (name) => (types.has(name) ? name : findLayer({ name: model.name, layers }, name).name);
}

/**
 * A model that also computes gradients and runs in any ONNX runtime: the inputs of the given one plus `<OUTPUT>/cotangent`, its outputs plus
 * `<NAME>/gradient` for each tensor. Metadata and free axes stay.
 * @throws GRADIENT_UNDEFINED, GRADIENT_UNREACHABLE, LAYER_NOT_FOUND, LAYER_AMBIGUOUS, REQUEST_INVALID.
 */
export function portableGradient(model: OnnxModel, { wrt, of, rules, straightThrough }: PortableGradientOptions): OnnxModel {
  const types = inferShapes(model);
  const find = tensorFinder(model, types);
  const at = wrt === 'inputs' ? chooseInputs(model, types) : [...new Set(wrt.map(find))];
  return differentiate(model, { of: of === undefined ? chooseOutput(model, types) : find(of), at, rules, straightThrough }).model;
}
