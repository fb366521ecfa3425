import { PellucidError, suggestNames } from '@pellucid/core';
import {
  ElementType, extendGraph, inferShapes, makeValueInfo, nodeReads, nodeTitle, normalDomain, opsetOf, uniqueNames,
  type NodeProto, type OnnxModel, type TensorType,
} from '@pellucid/onnx-graph';
import { findRule } from '../rules/table.ts';
import { addAll, createEmitter, type EmitterState } from './emitter.ts';
import { flat } from './gradient-rule.ts';
import { sumToShape } from './sum-to-shape.ts';

/** What to differentiate. */
export interface DerivativeRequest {
  /** The tensor whose vector-Jacobian product is taken: usually the logits. */
  readonly of: string;
  /** Graph inputs or inner tensors to differentiate with respect to. */
  readonly at: readonly string[];
  /** A floating-point tensor of the graph, of the shape of `of`, that holds dL/d`of`. @defaultValue a new input `<of>/cotangent` */
  readonly cotangent?: string | undefined;
}

/** A model that also computes gradients. */
export interface Derivative {
  /** The inputs of the original (and the cotangent's), its outputs, then the gradients in the order of `at`. */
  readonly model: OnnxModel;
  /** The tensor that holds dL/d`of`. */
  readonly cotangent: string;
  /** From each name in `at` to the output that holds its gradient: `<NAME>/gradient`. */
  readonly gradients: ReadonlyMap<string, string>;
}

const FLOATS: readonly number[] = [ElementType.FLOAT, ElementType.DOUBLE, ElementType.FLOAT16, ElementType.BFLOAT16];

/**
 * Appends the nodes that compute, by reverse-mode differentiation, the gradient of `sum(cotangent * of)` at each asked tensor.
 * The model is left as it is; nothing is differentiated that leads to no asked tensor; a free batch axis stays free.
 * @throws GRADIENT_UNDEFINED where no rule covers an operator on the way; GRADIENT_UNREACHABLE when `of` does not depend on a tensor;
 * LAYER_NOT_FOUND for an unknown tensor; REQUEST_INVALID for a tensor that is stored or not of floating point.
 */
export function differentiate(model: OnnxModel, request: DerivativeRequest): Derivative {
  const types = inferShapes(model);
  checkRequest(model, request, types);
  const unique = uniqueNames(model);
  const cotangent = request.cotangent ?? unique(`${request.of}/cotangent`);
  const type = types.get(request.of) ?? { elementType: 0, shape: null };
  const known = new Map(types).set(cotangent, types.get(cotangent) ?? type);
  const { emit, gradients } = backward(model, request, known, cotangent);

  const outputs = new Map(request.at.map((name) => [name, unique(`${name}/gradient`)]));
  const nodes = nameOutputs(emit, gradients, outputs);
  const extended = extendGraph(model, {
    node: nodes,
    initializer: emit.initializers,
    input: request.cotangent === undefined ? [makeValueInfo(cotangent, type)] : [],
    output: [...outputs].map(([name, output]) => makeValueInfo(output, types.get(name) ?? type)),
  });
  return { model: extended, cotangent, gradients: outputs };
}

function checkRequest(model: OnnxModel, { of, at, cotangent }: DerivativeRequest, types: ReadonlyMap<string, TensorType>): void {
  const stored = new Set(model.graph.initializer.map(({ name }) => name));
  const inputs = new Set(model.graph.input.map(({ name }) => name));
  const action = `differentiate \`${model.name}\``;
  if (at.length === 0) throw new PellucidError('REQUEST_INVALID', { action, problem: 'no tensor to differentiate at is named', help: '' });
  for (const name of [of, ...at, ...(cotangent === undefined ? [] : [cotangent])]) {
    const type = types.get(name);
    if (!type) throw new PellucidError('LAYER_NOT_FOUND', { layer: name, model: model.name, help: suggestNames(name, [...types.keys()]) });
    if (type.elementType !== 0 && !FLOATS.includes(type.elementType)) {
      throw new PellucidError('REQUEST_INVALID', {
        action, problem: `\`${name}\` holds ${ElementType[type.elementType] ?? 'unknown'} values`, help: 'Only floating-point tensors have gradients.',
      });
    }
  }
  for (const name of at) {
    if (stored.has(name) && !inputs.has(name)) {
      throw new PellucidError('REQUEST_INVALID', { action, problem: `\`${name}\` is a stored parameter`, help: 'Name a graph input or an inner tensor.' });
    }
  }
}

/** Tensors that depend on one of the asked ones through operators that let gradients through. */
function dependents(model: OnnxModel, at: readonly string[], types: ReadonlyMap<string, TensorType>): ReadonlySet<string> {
  const found = new Set(at);
  for (const node of model.graph.node) {
    if (findRule(node, opsetOf(model))?.rule === flat || !nodeReads(node).some((name) => found.has(name))) continue;
    for (const name of node.output) {
      const elementType = types.get(name)?.elementType ?? 0;
      if (elementType === 0 || FLOATS.includes(elementType)) found.add(name);
    }
  }
  return found;
}

/** The way from a node to `of`, as in `a` -> `b` -> `c`. */
function pathFrom(node: NodeProto, next: ReadonlyMap<string, NodeProto>, of: string): string {
  const steps = [`\`${nodeTitle(node)}\``];
  let current: NodeProto | undefined = node;
  while (current && !current.output.includes(of)) {
    current = current.output.map((name) => next.get(name)).find((found) => found !== undefined);
    if (current) steps.push(`\`${nodeTitle(current)}\``);
  }
  const shown = steps.length > 6 ? [...steps.slice(0, 3), '...', ...steps.slice(-2)] : steps;
  return `${shown.join(' -> ')} -> \`${of}\``;
}

function backward(
  model: OnnxModel, { of, at }: DerivativeRequest, types: ReadonlyMap<string, TensorType>, cotangent: string,
): { emit: EmitterState; gradients: ReadonlyMap<string, string> } {
  const opset = opsetOf(model);
  const dependent = dependents(model, at, types);
  const arriving = new Map<string, string[]>([[of, [cotangent]]]);
  const consumer = new Map<string, NodeProto>();
  const summed = new Map<string, string>();
  let current: NodeProto | undefined;
  const emit = createEmitter(model, types, (reason, help = '') => {
    throw undefinedGradient(current, opset, reason, help, current ? pathFrom(current, consumer, of) : `\`${of}\``);
  });
  const take = (name: string): string | null => {
    const terms = arriving.get(name);
    if (!terms) return null;
    const found = summed.get(name) ?? addAll(emit, terms);
    summed.set(name, found);
    return found;
  };

  for (const node of model.graph.node.toReversed()) {
    if (!node.output.some((name) => arriving.has(name))) continue;
    const wanted = node.input.map((name) => name !== '' && dependent.has(name));
    if (!nodeReads(node).some((name) => dependent.has(name))) continue;
    current = node;
    for (const [i, result] of applyRule(emit, node, opset, wanted, node.output.map(take)).entries()) {
      const input = node.input[i];
      if (result === null || input === undefined || !wanted[i]) continue;
      arriving.set(input, [...(arriving.get(input) ?? []), result]);
      if (!consumer.has(input)) consumer.set(input, node);
    }
  }
  const gradients = new Map<string, string>();
  for (const name of at) {
    const gradient = take(name);
    if (gradient === null) {
      throw new PellucidError('GRADIENT_UNREACHABLE', { of, at: name, help: 'Check the direction: the first has to be computed from the second.' });
    }
    gradients.set(name, gradient);
  }
  return { emit, gradients };
}

function undefinedGradient(node: NodeProto | undefined, opset: number, reason: string, help: string, path: string): PellucidError {
  const domain = normalDomain(node?.domain ?? '');
  return new PellucidError('GRADIENT_UNDEFINED', {
    operator: node?.opType ?? '', node: node ? nodeTitle(node) : '', version: domain === '' ? `opset ${opset}` : `domain ${domain}`, path, reason, help,
  });
}

/** Runs the rule of a node and brings its results into the shapes of the inputs. */
function applyRule(
  emit: EmitterState, node: NodeProto, opset: number, wanted: readonly boolean[], gradients: readonly (string | null)[],
): readonly (string | null)[] {
  const entry = findRule(node, opset);
  if (!entry) return emit.fail('there is no gradient rule for it', 'docs/operators.md lists the operators that have one.');
  const dy = gradients[0] ?? null;
  if (dy === null && gradients.length === 1) throw new Error(`internal: no gradient arrives at ${nodeTitle(node)}`);
  const context = {
    emit, node, opset, inputs: node.input, outputs: node.output, gradients, wanted, dy: dy ?? '',
    types: node.input.map((name) => (name === '' ? undefined : emit.typeOf(name))),
  };
  if (dy === null && entry.operator !== 'Split') return emit.fail('only its first output has a gradient');
  const results = entry.rule(context);
  if (results.length !== node.input.length) {
    throw new Error(`internal: the rule of ${node.opType} gave ${results.length} gradients for ${node.input.length} inputs`);
  }
  if (entry.broadcasts !== true) return results;
  const operands = node.input.filter((name) => name !== '');
  return results.map((result, i) => {
    const input = node.input[i];
    return result === null || input === undefined || !wanted[i] ? null : sumToShape(emit, result, input, operands);
  });
}

/** Gives the gradients their public names, without a copy where a backward node makes them for one name alone. */
function nameOutputs(
  emit: EmitterState, gradients: ReadonlyMap<string, string>, outputs: ReadonlyMap<string, string>,
): readonly NodeProto[] {
  const made = new Set(emit.nodes.flatMap(({ output }) => output));
  const renamed = new Map<string, string>();
  const copies: [string, string][] = [];
  for (const [name, output] of outputs) {
    const gradient = gradients.get(name);
    if (gradient === undefined) continue;
    if (made.has(gradient) && !renamed.has(gradient)) renamed.set(gradient, output);
    else copies.push([gradient, output]);
  }
  for (const node of emit.nodes) {
    node.input = node.input.map((name) => renamed.get(name) ?? name);
    node.output = node.output.map((name) => renamed.get(name) ?? name);
  }
  for (const [gradient, output] of copies) {
    emit.op('Identity', [renamed.get(gradient) ?? gradient]);
    const node = emit.nodes.at(-1);
    if (node) node.output = [output];
  }
  return emit.nodes;
}
