import { PellucidError, suggestNames, type BackwardRules } from '@pellucid/core';
import {
  ElementType, extendGraph, inferShapes, makeValueInfo, nodeReads, nodeTitle, normalDomain, opsetOf, uniqueNames,
  type NodeProto, type OnnxModel, type TensorProto, type TensorType,
} from '@pellucid/onnx-graph';
import { applyBackwardRule } from '../backward-rules/apply-backward-rule.ts';
import { expandNodes, expandQuantized } from '../backward-rules/expand-nodes.ts';
import { joinNodes } from '../backward-rules/joined-nodes.ts';
import { mergeBatchNorm } from '../backward-rules/merge-batch-norm.ts';
import { isLinear, ONE_OPERAND, WEIGHTED } from '../operators/linear-operators.ts';
import { nodeKinds, type NodeKind } from '../operators/node-kinds.ts';
import { addGradients, passOnce } from '../passes/batch-halves.ts';
import { OPTIMIZATIONS, type Optimization } from '../passes/optimizations.ts';
import { findRule } from '../rules/table.ts';
import { checkDimensions, checkOpset } from './check-model.ts';
import { createEmitter, zerosLike, type EmitterState } from './emitter.ts';
import { flat } from './gradient-rule.ts';
import { MALFORMED, trueDerivative } from './true-derivative.ts';

/** What to differentiate. */
export interface DerivativeRequest {
  /** The tensor whose vector-Jacobian product is taken: usually the logits. */
  readonly of: string;
  /** Graph inputs or inner tensors to differentiate with respect to. */
  readonly at: readonly string[];
  /** A floating-point tensor of the graph, of the shape of `of`, that holds dL/d`of`. @defaultValue a new input `<of>/cotangent` */
  readonly cotangent?: string | undefined;
  /** Replacements of the true derivative, by kind of operation. @defaultValue none */
  readonly rules?: BackwardRules | undefined;
  /** Let gradients pass quantisation inside its range, where the true derivative is 0. @defaultValue false: quantisation is an error */
  readonly straightThrough?: boolean | undefined;
  /** Ways to compute the same faster. @defaultValue all of `OPTIMIZATIONS` */
  readonly optimizations?: readonly Optimization[] | undefined;
  /** What a tensor that `of` does not depend on gets. @defaultValue the error GRADIENT_UNREACHABLE */
  readonly unreachable?: 'zero' | undefined;
}

/** A model that also computes gradients. */
export interface Derivative {
  /** The inputs of the original (and the cotangent's), its outputs, then the gradients in the order of `at`. */
  readonly model: OnnxModel;
  /** The tensor that holds dL/d`of`. */
  readonly cotangent: string;
  /** From each name in `at` to the output that holds its gradient: `<NAME>/gradient`. */
  readonly gradients: ReadonlyMap<string, string>;
  /** Nonlinear nodes on the way that the backward rules do not cover and that kept their true derivative: `<node> (<operator>)`. */
  readonly uncovered: readonly string[];
}

const FLOATS: readonly number[] = [ElementType.FLOAT, ElementType.DOUBLE, ElementType.FLOAT16, ElementType.BFLOAT16];

/**
 * Appends the nodes that compute, by reverse-mode differentiation, the gradient of `sum(cotangent * of)` at each asked tensor.
 * The model is left as it is; nothing is differentiated that leads to no asked tensor; a free batch axis stays free.
 * @throws GRADIENT_UNDEFINED where no rule covers an operator on the way; GRADIENT_UNREACHABLE when `of` does not depend on a tensor;
 * LAYER_NOT_FOUND for an unknown tensor; REQUEST_INVALID for a tensor that is stored or not of floating point;
 * MODEL_UNSUPPORTED for an opset that no rule covers; MODEL_INVALID for operands that do not fit.
 */
export function differentiate(given: OnnxModel, request: DerivativeRequest): Derivative {
  checkOpset(given);
  const inFloats = request.straightThrough === true ? expandQuantized(given) : given;
  const expanded = request.rules === undefined ? inFloats : expandNodes(inFloats, request.rules.rules);
  const model = request.rules?.mergeBatchNorm === true ? mergeBatchNorm(expanded, [request.of, ...request.at]) : expanded;
  const types = inferShapes(model);
  checkRequest(model, request, types);
  const unique = uniqueNames(model);
  const cotangent = request.cotangent ?? unique(`${request.of}/cotangent`);
  const type = types.get(request.of) ?? { elementType: 0, shape: null };
  const known = new Map(types).set(cotangent, types.get(cotangent) ?? type);
  const { emit, gradients, uncovered } = backward(model, request, known, cotangent);
  // What a rule says of a node is more exact.
  checkDimensions(model, types);

  const outputs = new Map(request.at.map((name) => [name, unique(`${name}/gradient`)]));
  const nodes = nameOutputs(emit, gradients, outputs);
  const extended = extendGraph(model, {
    node: nodes,
    initializer: usedConstants(nodes, emit),
    input: request.cotangent === undefined ? [makeValueInfo(cotangent, type)] : [],
    output: [...outputs].map(([name, output]) => makeValueInfo(output, types.get(name) ?? type)),
  });
  return { model: extended, cotangent, gradients: outputs, uncovered };
}

/** What the appended nodes read: intermediate results of arithmetic on constants are not kept. */
function usedConstants(nodes: readonly NodeProto[], { initializers }: EmitterState): TensorProto[] {
  const read = new Set(nodes.flatMap(({ input }) => input));
  return initializers.filter(({ name }) => read.has(name));
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

/** Operators whose integers stand for floats. Gradients reach them, so that they are either passed as asked or refused, never lost. */
const QUANTIZERS: readonly string[] = ['ConvInteger', 'DynamicQuantizeLinear', 'MatMulInteger', 'QuantizeLinear'];

const isInteger = (type: TensorType | undefined): boolean => type !== undefined && type.elementType !== 0 && !FLOATS.includes(type.elementType);

/** Tensors that depend on one of the asked ones through operators that let gradients through. */
function dependents(model: OnnxModel, at: readonly string[], types: ReadonlyMap<string, TensorType>): ReadonlySet<string> {
  const found = new Set(at);
  for (const node of model.graph.node) {
    if (findRule(node, opsetOf(model))?.rule === flat || !nodeReads(node).some((name) => found.has(name))) continue;
    const quantised = QUANTIZERS.includes(node.opType) || node.input.some((name) => found.has(name) && isInteger(types.get(name)));
    for (const name of node.output) {
      const { elementType = 0, values } = types.get(name) ?? {};
      // What is known before the model runs, such as a constant in the element type of a tensor, depends on nothing.
      if (values?.every((value) => typeof value === 'number')) continue;
      if (quantised || elementType === 0 || FLOATS.includes(elementType)) found.add(name);
    }
  }
  return found;
}

/** Optimisations that move work between operators, so that none of these may have a rule of its own. */
const TRUE_DERIVATIVES: ReadonlySet<Optimization> = new Set<Optimization>(['masks-behind-pools']);

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

/** The backward nodes, the gradient of each asked tensor, and what the rules left to the true derivative. */
interface BackwardPass {
  readonly emit: EmitterState;
  readonly gradients: ReadonlyMap<string, string>;
  readonly uncovered: readonly string[];
}

/** What backward rules go by, and where the node stands on the way back. */
type NodePlace = NodeKind & { readonly isLast: boolean };

/** Tells of nodes, met in the order of the backward pass, which have weights that no other weights come before on that way. */
function weightsOnTheWay(): (node: NodeProto, weighted: boolean) => boolean {
  const passed = new Set<string>();
  return (node, weighted) => {
    const before = node.output.some((name) => name !== '' && passed.has(name));
    if (weighted || before) for (const name of node.input) passed.add(name);
    return weighted && !before;
  };
}

/** How gradients pass one node: by a backward rule that covers its kind, else by its true derivative. */
function passNode(
  emit: EmitterState, node: NodeProto, wanted: readonly boolean[], gradients: readonly (string | null)[], place: NodePlace, rules: BackwardRules | undefined,
  parts: readonly NodeProto[] | undefined,
): { readonly results: readonly (string | null)[]; readonly covered: boolean } {
  // A rule of an activation is one for its first operand.
  const rule = ONE_OPERAND.has(node.opType) && wanted.slice(1).includes(true) ? undefined : rules?.rules[place.kind];
  if (rule === undefined) {
    const results = passOnce(emit, node, place.kind, wanted, gradients) ?? trueDerivative(emit, node, wanted, gradients);
    return { results, covered: rules === undefined || isLinear(node, wanted) };
  }
  return { results: applyBackwardRule(emit, rule, { node, wanted, gradients, parts, ...place }), covered: true };
}

/** Attributes that contradict the inputs, such as windows for axes that these do not have, end in lengths that are none. */
function withinRange<Result>(emit: EmitterState, check: () => void, pass: () => Result): Result {
  try {
    return pass();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    check();
    return emit.fail(`its attributes do not fit its inputs (${error.message})`, MALFORMED);
  }
}

function backward(
  model: OnnxModel, { of, at, rules, straightThrough = false, optimizations = OPTIMIZATIONS, unreachable }: DerivativeRequest, types: ReadonlyMap<string, TensorType>, cotangent: string,
): BackwardPass {
  const opset = opsetOf(model);
  const { model: view, partsOf } = joinNodes(model, types, rules?.rules ?? {}, new Set([of, ...at]));
  const dependent = dependents(view, at, types);
  const kinds = nodeKinds(view);
  const isLastWeighted = weightsOnTheWay();
  const arriving = new Map<string, string[]>([[of, [cotangent]]]);
  const consumer = new Map<string, NodeProto>();
  const summed = new Map<string, string>();
  const uncovered: string[] = [];
  let current: NodeProto | undefined;
  const emit = createEmitter(model, types, (reason, help = '') => {
    throw undefinedGradient(current, opset, reason, help, current ? pathFrom(current, consumer, of) : `\`${of}\``);
  }, { straightThrough, optimizations: new Set(rules ? optimizations.filter((name) => !TRUE_DERIVATIVES.has(name)) : optimizations), asked: new Set([of, ...at]) });
  const take = (name: string): string | null => {
    const terms = arriving.get(name);
    if (!terms) return null;
    const found = summed.get(name) ?? addGradients(emit, terms);
    summed.set(name, found);
    return found;
  };

  for (const node of view.graph.node.toReversed()) {
    if (!node.output.some((name) => arriving.has(name))) continue;
    const wanted = node.input.map((name) => name !== '' && dependent.has(name));
    if (!nodeReads(node).some((name) => dependent.has(name))) continue;
    current = node;
    const kind = kinds(node);
    const place = { ...kind, isLast: isLastWeighted(node, WEIGHTED.has(kind.kind)) };
    const { results, covered } = withinRange(emit, () => { checkDimensions(model, types); }, () => passNode(emit, node, wanted, node.output.map(take), place, rules, partsOf(node)));
    if (!covered) uncovered.push(`${nodeTitle(node)} (${node.opType})`);
    for (const [i, result] of results.entries()) {
      const input = node.input[i];
      if (result === null || input === undefined || !wanted[i]) continue;
      const terms = arriving.get(input);
      if (terms) terms.push(result);
      else arriving.set(input, [result]);
      if (!consumer.has(input)) consumer.set(input, node);
    }
  }
  const gradients = new Map<string, string>();
  for (const name of at) {
    const gradient = take(name) ?? (unreachable === 'zero' ? zerosLike(emit, name) : null);
    if (gradient === null) {
      throw new PellucidError('GRADIENT_UNREACHABLE', { of, at: name, help: `\`${of}\` does not depend on it.` });
    }
    gradients.set(name, gradient);
  }
  return { emit, gradients, uncovered: uncovered.toReversed() };
}

function undefinedGradient(node: NodeProto | undefined, opset: number, reason: string, help: string, path: string): PellucidError {
  const domain = normalDomain(node?.domain ?? '');
  return new PellucidError('GRADIENT_UNDEFINED', {
    operator: node?.opType ?? '', node: node ? nodeTitle(node) : '', version: domain === '' ? `opset ${opset}` : `domain ${domain}`, path, reason, help,
  });
}

/** The nodes that lead to these tensors: what a rule made for others that did not need it goes. */
function usedNodes(nodes: readonly NodeProto[], read: Set<string>): readonly NodeProto[] {
  return nodes.toReversed().filter((node) => {
    const isUsed = node.output.some((name) => read.has(name));
    if (isUsed) for (const name of nodeReads(node)) read.add(name);
    return isUsed;
  }).toReversed();
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
  return usedNodes(emit.nodes, new Set(outputs.values()));
}
