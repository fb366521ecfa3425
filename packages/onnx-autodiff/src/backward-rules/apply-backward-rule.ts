import type { BackwardRule, OpKind, RuleNode } from '@pellucid/core';
import { nodeTitle, type NodeProto } from '@pellucid/onnx-graph';
import { zerosLike, type Emitter } from '../engine/emitter.ts';
import { sumToInputs, trueDerivative } from '../engine/true-derivative.ts';
import { deriveByHalves } from '../passes/batch-halves.ts';
import { secantSlope } from '../passes/secant-slopes.ts';
import { rampOf } from '../rules/activations.ts';
import { findRule } from '../rules/table.ts';
import { WEIGHTED } from '../operators/linear-operators.ts';
import { deriveThroughParts } from './derive-through-parts.ts';
import { linearOperation } from './linear-operation.ts';
import { graphOperations } from './tensor-operations.ts';

/** A node on the way back, with what arrives at it. */
export interface RuleSite {
  readonly node: NodeProto;
  readonly kind: OpKind;
  readonly isFirst: boolean;
  readonly isLast: boolean;
  readonly wanted: readonly boolean[];
  readonly gradients: readonly (string | null)[];
  /** The nodes of the model that it stands for, where it is none itself. */
  readonly parts: readonly NodeProto[] | undefined;
}

/** Builds what a backward rule computes for a node: the gradient at each input, `null` where none flows. */
export function applyBackwardRule(emit: Emitter, rule: BackwardRule, { node, wanted, gradients, parts, ...place }: RuleSite): readonly (string | null)[] {
  const last = gradients.findLastIndex((gradient) => gradient !== null);
  const arrived = node.output.slice(0, last + 1).map((output, i) => gradients[i] ?? zerosLike(emit, output));
  const context: RuleNode<string> = {
    ...place, wanted,
    name: nodeTitle(node),
    inputs: node.input,
    outputs: node.output,
    gradients: arrived,
    linear: WEIGHTED.has(place.kind) ? linearOperation(emit, node, parts) : undefined,
    secant() {
      const ramp = rampOf(emit, node);
      return ramp && secantSlope(emit, ramp);
    },
    derivative(gradient) {
      if (parts !== undefined) return [deriveThroughParts(emit, parts, node.input[0] ?? '', gradient ?? arrived[0] ?? '')];
      const given = gradient === undefined ? gradients : [gradient, ...gradients.slice(1)];
      return deriveByHalves(emit, node, wanted, given) ?? trueDerivative(emit, node, wanted, given);
    },
  };
  const results = rule(context, graphOperations(emit, arrived[0] ?? ''));
  if (parts === undefined && findRule(node, emit.opset)?.broadcasts === true) return sumToInputs(emit, node, wanted, results);
  return node.input.map((_, i) => (wanted[i] ? (results[i] ?? null) : null));
}
