import { makeNode, type NodeProto } from '@pellucid/onnx-graph';
import { addAll, type Emitter } from '../engine/emitter.ts';
import { flat, type GradientRule, type RuleContext, type RuleEntry } from '../engine/gradient-rule.ts';
import { sumToShape } from '../engine/sum-to-shape.ts';

/** A composite operator where it stands. */
export type CompositionSite = Pick<RuleContext, 'node' | 'inputs' | 'outputs'>;

/** What a composite operator computes, in elementary ones: names of its outputs, `null` for one that cannot be asked for. */
export type Composition = (emit: Emitter, site: CompositionSite) => readonly (string | null)[];

/** Gradients at the inputs of one recorded node, in the shapes of these. */
function throughNode(context: RuleContext, entry: RuleEntry): readonly (string | null)[] {
  const { emit, node, wanted } = context;
  const results = entry.rule(context);
  if (entry.broadcasts !== true) return results;
  const operands = node.input.filter((name) => name !== '');
  return results.map((result, i) => (result === null || !wanted[i] ? null : sumToShape(emit, result, node.input[i] ?? '', operands)));
}

/**
 * The rule of an operator that is defined by others: it is computed again in these, and they are differentiated one by one.
 * `find` gives their rules.
 */
export function composed(compute: Composition, find: (operator: string) => RuleEntry | undefined): GradientRule {
  return (context) => {
    const { emit, inputs, wanted, opset, gradients } = context;
    const recorded: NodeProto[] = [];
    const recording: Emitter = {
      ...emit,
      op: (operator, operands, attributes = []) => recording.opMany(operator, operands, 1, attributes)[0]!,
      opMany(operator, operands, count, attributes = []) {
        const made = emit.opMany(operator, operands, count, attributes);
        recorded.push(makeNode(operator, operands, made, attributes));
        return made;
      },
    };
    const outputs = compute(recording, context);
    const arriving = new Map<string, string[]>();
    for (const [i, gradient] of gradients.entries()) {
      if (gradient === null) continue;
      const output = outputs[i] ?? emit.fail(`its output ${i + 1} has no gradient`);
      arriving.set(output, [...(arriving.get(output) ?? []), gradient]);
    }
    const dependent = new Set(inputs.filter((_, i) => wanted[i]));
    for (const node of recorded) {
      if (find(node.opType)?.rule !== flat && node.input.some((name) => dependent.has(name))) for (const name of node.output) dependent.add(name);
    }
    for (const node of recorded.toReversed()) {
      if (!node.output.some((name) => arriving.has(name)) || !node.input.some((name) => dependent.has(name))) continue;
      const arrived = node.output.map((name) => {
        const terms = arriving.get(name);
        return terms ? addAll(emit, terms) : null;
      });
      const entry = find(node.opType) ?? emit.fail(`there is no gradient rule for ${node.opType}, which it is made of`);
      const part: RuleContext = {
        emit, node, opset, inputs: node.input, outputs: node.output, gradients: arrived, dy: arrived[0] ?? '', wanted: node.input.map((name) => dependent.has(name)),
        types: node.input.map((name) => (name === '' ? undefined : emit.typeOf(name))),
      };
      for (const [i, gradient] of throughNode(part, entry).entries()) {
        const input = node.input[i];
        if (gradient !== null && input !== undefined && dependent.has(input)) arriving.set(input, [...(arriving.get(input) ?? []), gradient]);
      }
    }
    return inputs.map((name, i) => {
      const terms = wanted[i] ? arriving.get(name) : undefined;
      // An operand that is read twice gets its gradient once.
      return terms && inputs.indexOf(name) === i ? addAll(emit, terms) : null;
    });
  };
}
