import { nodeTitle, type NodeProto } from '@pellucid/onnx-graph';
import { findRule } from '../rules/table.ts';
import { nodeProblem } from './check-node.ts';
import type { Emitter } from './emitter.ts';
import type { RuleContext } from './gradient-rule.ts';
import { sumToShape } from './sum-to-shape.ts';

/** Brings gradients, which may have the shape that the operands broadcast to, into the shapes of the inputs. */
export function sumToInputs(
  emit: Emitter, node: NodeProto, wanted: readonly boolean[], gradients: readonly (string | null)[],
): readonly (string | null)[] {
  const operands = node.input.filter((name) => name !== '');
  return node.input.map((input, i) => {
    const gradient = gradients[i] ?? null;
    return gradient === null || !wanted[i] ? null : sumToShape(emit, gradient, input, operands);
  });
}

/** What helps where a node contradicts itself. */
export const MALFORMED = 'Check the model with `onnx.checker`.';

/** Runs the gradient rule of a node, on other operands where `inputs` names them. */
export function trueDerivative(
  emit: Emitter, node: NodeProto, wanted: readonly boolean[], gradients: readonly (string | null)[], inputs: readonly string[] = node.input,
): readonly (string | null)[] {
  const { opset } = emit;
  const entry = findRule(node, opset);
  if (!entry) return emit.fail('there is no gradient rule for it', 'docs/operators.md lists the operators that have one.');
  const dy = gradients[0] ?? null;
  if (dy === null && gradients.length === 1) throw new Error(`internal: no gradient arrives at ${nodeTitle(node)}`);
  const context: RuleContext = {
    emit, node, opset, inputs, outputs: node.output, gradients, wanted, dy: dy ?? '',
    types: inputs.map((name) => (name === '' ? undefined : emit.typeOf(name))),
  };
  if (dy === null && entry.anyOutput !== true) return emit.fail('only its first output has a gradient');
  const problem = nodeProblem(context);
  if (problem !== null) emit.fail(problem, MALFORMED);
  const results = entry.rule(context);
  if (results.length !== inputs.length) emit.fail(`it has ${inputs.length} input${inputs.length === 1 ? '' : 's'}, where its rule expects ${results.length}`, MALFORMED);
  return entry.broadcasts === true ? sumToInputs(emit, node, wanted, results) : results;
}
