import type { NodeProto } from '@pellucid/onnx-graph';
import { addAll, type Emitter } from '../engine/emitter.ts';
import { trueDerivative } from '../engine/true-derivative.ts';

/** The true derivative of nodes that stand joined, from their one output to x. */
export function deriveThroughParts(emit: Emitter, parts: readonly NodeProto[], x: string, gradient: string): string | null {
  const dependent = new Set([x]);
  for (const { input, output } of parts) if (input.some((name) => dependent.has(name))) for (const name of output) dependent.add(name);
  const arriving = new Map([[parts.at(-1)?.output[0] ?? '', [gradient]]]);
  for (const node of parts.toReversed()) {
    const gradients = node.output.map((name) => {
      const terms = arriving.get(name);
      return terms ? addAll(emit, terms) : null;
    });
    const results = trueDerivative(emit, node, node.input.map((name) => dependent.has(name)), gradients);
    for (const [i, result] of results.entries()) {
      const input = node.input[i] ?? '';
      if (result !== null && dependent.has(input)) arriving.set(input, [...(arriving.get(input) ?? []), result]);
    }
  }
  const terms = arriving.get(x);
  return terms ? addAll(emit, terms) : null;
}
