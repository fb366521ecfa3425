import type { BackwardRules } from '@pellucid/core';
import {
  attributeFloat, broadcastShapes, copyWith, ElementType, floatAttribute, makeNode, normalDomain, type AttributeProto, type NodeProto,
} from '@pellucid/onnx-graph';
import type { Emitter } from '../engine/emitter.ts';

/** The greatest number of single precision: a bound from here on is none. */
const GREATEST = 3.4028234e38;

/** Between which numbers a node keeps its operand. */
interface Bounds {
  readonly x: string;
  readonly low: number;
  readonly high: number;
}

/** The one number that a tensor is known to hold. */
function knownNumber(emit: Emitter, name: string): number | null {
  const [value, ...more] = emit.typeOf(name).values ?? [];
  return typeof value === 'number' && more.length === 0 ? value : null;
}

function clipBounds(emit: Emitter, node: NodeProto): Bounds | null {
  const [x = '', min = '', max = ''] = node.input;
  if (emit.opset < 11) return { x, low: attributeFloat(node, 'min', -Infinity), high: attributeFloat(node, 'max', Infinity) };
  const low = min === '' ? -Infinity : knownNumber(emit, min);
  const high = max === '' ? Infinity : knownNumber(emit, max);
  return low === null || high === null ? null : { x, low, high };
}

/** The bound that Max and Min set to one operand, where the other is a number that does not spread it. */
function extremumBounds(emit: Emitter, { opType, input }: NodeProto): Bounds | null {
  if (input.length !== 2) return null;
  const numbers = input.map((name) => knownNumber(emit, name));
  const at = numbers.findIndex((number) => number !== null);
  const number = numbers[at] ?? null;
  const x = input[1 - at];
  if (number === null || x === undefined || numbers[1 - at] !== null) return null;
  const own = emit.typeOf(x).shape;
  if (!own || broadcastShapes(input.map((name) => emit.typeOf(name).shape))?.length !== own.length) return null;
  return opType === 'Max' ? { x, low: number, high: Infinity } : { x, low: -Infinity, high: number };
}

function boundsOf(emit: Emitter, node: NodeProto): Bounds | null {
  if (normalDomain(node.domain) !== '') return null;
  if (node.opType === 'Clip') return clipBounds(emit, node);
  return node.opType === 'Max' || node.opType === 'Min' ? extremumBounds(emit, node) : null;
}

function clip(emit: Emitter, { x, low, high }: Bounds, output: readonly string[]): NodeProto | null {
  if (emit.opset >= 12) return makeNode('Clip', [x, low === -Infinity ? '' : emit.scalar(low, x), high === Infinity ? '' : emit.scalar(high, x)], output);
  // Before, it takes single precision alone, and its bounds were attributes.
  if (emit.opset === 11 || emit.typeOf(x).elementType !== Number(ElementType.FLOAT)) return null;
  const attributes: AttributeProto[] = [];
  if (low !== -Infinity) attributes.push(floatAttribute('min', low));
  if (high !== Infinity) attributes.push(floatAttribute('max', high));
  return makeNode('Clip', [x], output, attributes);
}

/**
 * The activation that a node is by another name: Relu where it keeps what is positive, whichever way that is written, and Clip for other bounds by Max
 * or Min; `null` where it is none, or the rules have no word for it.
 */
export function plainActivation(emit: Emitter, node: NodeProto, rules: BackwardRules['rules']): NodeProto | null {
  const bounds = boundsOf(emit, node);
  if (bounds === null) return null;
  const { name } = node;
  if (bounds.low === 0 && bounds.high >= GREATEST && rules.relu !== undefined) return copyWith(makeNode('Relu', [bounds.x], node.output), { name });
  if (node.opType === 'Clip' || rules.clip === undefined) return null;
  const clipped = clip(emit, bounds, node.output);
  return clipped && copyWith(clipped, { name });
}
