import type { BackwardRule, BackwardRules, OpKind, RuleNode } from '@pellucid/core';
import * as tf from '@tensorflow/tfjs-core';

import { sumTo } from '../gradients/sum-to.ts';
import type { TapeEntry } from '../gradients/tape.ts';
import { isLinear, WEIGHTED } from './kernel-kinds.ts';
import { linearOperation, ownOperands } from './linear-operation.ts';
import { findLinearChains, type LinearChain } from './linear-chains.ts';
import { logOperations, type Operation } from './operation-log.ts';
import { TENSOR_OPERATIONS } from './tensor-operations.ts';

type Gradient = NonNullable<TapeEntry['gradient']>;

/** An entry of the tape that a backward pass has to cross. */
export interface Crossing {
  readonly entry: TapeEntry;
  /** The layer or node that wrote it. */
  readonly node: string;
  /** Whether a tensor depends on a place where a gradient is taken. */
  readonly depends: (tensor: tf.Tensor) => boolean;
  /** The true derivative; fails where there is none. */
  readonly derivative: Gradient;
}

/** Backward rules in the course of one pass. */
export interface RulePass {
  /** Runs the network's part of the forward pass: what is computed outside keeps its derivative. */
  readonly observe: <Result>(run: () => Result) => Result;
  /** Prepares the tape, before a path through it is looked for. Nothing is merged across the given tensors. */
  readonly prepare: (points: readonly tf.Tensor[]) => void;
  /** Is told, once prepared, which entries lead from the points to the objective, in the order of the forward pass. */
  readonly follow: (path: readonly TapeEntry[]) => void;
  /** What replaces the gradient of an entry; `null` where it keeps its true derivative, which `uncovered` tells if it is not linear. */
  readonly replace: (crossing: Crossing) => Gradient | null;
  readonly uncovered: () => readonly string[];
}

/** What a rule sees of an operation, besides what arrives at it. */
type Site = Omit<RuleNode<tf.Tensor>, 'gradients' | 'derivative' | 'linear'>;

/** The gradients that arrive, up to the last output that has any; zeros where none arrives in between. */
function arrivals(gradients: readonly (tf.Tensor | null)[], outputs: readonly tf.Tensor[]): tf.Tensor[] {
  const last = gradients.findLastIndex((gradient) => gradient !== null);
  return outputs.slice(0, last + 1).map((output, i) => gradients[i] ?? tf.zeros(output.shape));
}

const isWanted = (tensor: tf.Tensor | null | undefined, depends: Crossing['depends']): boolean => !!tensor && depends(tensor);

/** Turns what a rule gives into what the engine's backward pass takes: a gradient of its own for every input, of the input's shape. */
function perInput(entry: TapeEntry, results: tf.NamedTensorMap): ReturnType<Gradient> {
  const compute = (name: string, { shape }: tf.Tensor): tf.Tensor => {
    const result = results[name];
    if (result === undefined) return tf.zeros(shape);
    // The backward pass frees what it adds up, so that no two inputs may share a tensor.
    return tf.util.arraysEqual(result.shape, shape) ? tf.clone(result) : sumTo(result, shape);
  };
  const inputs = Object.entries(entry.inputs).flatMap(([name, tensor]) => (tensor ? [[name, tensor] as const] : []));
  return Object.fromEntries(inputs.map(([name, tensor]) => [name, () => compute(name, tensor)]));
}

/** A rule in place of the derivative of one operation. */
function applyRule(rule: BackwardRule, operation: Operation, isLast: boolean, { entry, node, depends, derivative }: Crossing): Gradient {
  const { kind, inputs, outputs, isFirst } = operation;
  const wanted = inputs.map(({ key }) => isWanted(entry.inputs[key], depends));
  const site: Site = { kind, name: node, inputs: inputs.map(({ value }) => value), outputs, wanted, isFirst, isLast };
  return (given) => {
    if (WEIGHTED.has(kind) && wanted[2] === true) throw new Error('no rule is told what it adds, which depends on the input');
    const trueDerivative = (gradient?: tf.Tensor): readonly (tf.Tensor | null)[] => {
      const computations = derivative(gradient === undefined ? [...given] : [gradient, ...given.slice(1)]);
      return inputs.map(({ key }, i) => (wanted[i] === true ? (computations[key]?.() ?? null) : null));
    };
    const results = tf.tidy((): tf.NamedTensorMap => {
      const linear = WEIGHTED.has(kind) ? linearOperation(operation, ownOperands(operation)) : undefined;
      const found = rule({ ...site, gradients: arrivals(given, outputs), linear, derivative: trueDerivative }, TENSOR_OPERATIONS);
      return Object.fromEntries(inputs.flatMap(({ key }, i) => (wanted[i] === true && found[i] ? [[key, found[i]]] : [])));
    });
    return perInput(entry, results);
  };
}

/** A rule for an operation with stored weights, and all that counts as part of it. */
function applyLinearRule(rule: BackwardRule, { base, last, operands }: LinearChain, isLast: boolean, { entry, node }: Crossing): Gradient {
  const { kind, isFirst } = base;
  const x = base.inputs[0]!.value;
  const shape = base.outputs[0]!.shape;
  const [key = ''] = Object.keys(entry.inputs);
  return (given) => {
    const results = tf.tidy((): tf.NamedTensorMap => {
      const arriving = given[0] ?? tf.zeros(shape);
      const linear = linearOperation(base, operands());
      const { weight, bias } = linear;
      const inputs = [x, weight, ...(bias === null ? [] : [bias])];
      const gradients = [tf.reshape(arriving, shape)];
      const outputs = [tf.reshape(last.outputs[0]!, shape)];
      const derivative = (gradient?: tf.Tensor): readonly tf.Tensor[] => [linear.backward(gradient ?? gradients[0]!, weight)];
      const [found] = rule(
        { kind, name: node, inputs, outputs, gradients, wanted: inputs.map((_, i) => i === 0), isFirst, isLast, linear, derivative },
        TENSOR_OPERATIONS,
      );
      return found ? { [key]: found } : {};
    });
    return perInput(entry, results);
  };
}

/** Of the entries of a path, those with weights that no other weights come after. */
function lastWeights(path: readonly TapeEntry[], kindOf: (entry: TapeEntry) => OpKind | undefined): ReadonlySet<TapeEntry> {
  const last = new Set<TapeEntry>();
  const before = new Set<number>();
  for (const entry of path.toReversed()) {
    const kind = kindOf(entry);
    const weighted = kind !== undefined && WEIGHTED.has(kind);
    const behind = entry.outputs.some(({ id }) => before.has(id));
    if (weighted && !behind) last.add(entry);
    if (weighted || behind) for (const tensor of Object.values(entry.inputs)) if (tensor) before.add(tensor.id);
  }
  return last;
}

/** Prepares to run one forward and backward pass under a set of rules. `given` stands in for the values of a layer. */
export function rulePass(set: BackwardRules, input: tf.Tensor, given?: tf.Tensor): RulePass {
  let operations: readonly Operation[] = [];
  let chains: ReadonlyMap<Operation, LinearChain> = new Map();
  const byEntry = new Map<TapeEntry, Operation>();
  let lasts: ReadonlySet<TapeEntry> = new Set();
  const uncovered: string[] = [];
  const kindOf = (entry: TapeEntry): OpKind | undefined => {
    const operation = byEntry.get(entry);
    return operation && (chains.get(operation)?.base ?? operation).kind;
  };
  return {
    observe: (run) => {
      const logged = logOperations(input, given, set, run);
      operations = logged.operations;
      for (const operation of operations) byEntry.set(operation.entry, operation);
      return logged.result;
    },
    prepare: (points) => {
      chains = findLinearChains(operations, set, new Set(points.map(({ id }) => id)));
      for (const [{ entry }, { base }] of chains) {
        if (set.rules[base.kind] === undefined) continue;
        // The end of a chain reads what its start reads: the path leads there directly.
        const [name = ''] = Object.keys(base.entry.inputs);
        entry.inputs = { [name]: base.entry.inputs[name] };
      }
    },
    follow: (path) => {
      lasts = lastWeights(path, kindOf);
    },
    replace: (crossing) => {
      const operation = byEntry.get(crossing.entry);
      if (operation === undefined) return null;
      const chain = chains.get(operation);
      const { kind, kernel } = chain?.base ?? operation;
      const rule = set.rules[kind];
      const isLast = lasts.has(crossing.entry);
      if (chain !== undefined) return rule === undefined ? null : applyLinearRule(rule, chain, isLast, crossing);
      if (rule !== undefined) return applyRule(rule, operation, isLast, crossing);
      const { entry, depends } = crossing;
      const wanted = operation.inputs.map(({ key }) => isWanted(entry.inputs[key], depends));
      if (operation.isPart !== true && !isLinear(kernel, wanted)) uncovered.push(`${crossing.node} (${crossing.entry.kernelName})`);
      return null;
    },
    uncovered: () => uncovered,
  };
}
