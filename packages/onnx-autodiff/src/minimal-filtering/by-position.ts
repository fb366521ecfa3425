import { attributeInts, attributeString, type NodeProto } from '@pellucid/onnx-graph';
import { imageShape, type GraphFacts } from './filtered-convolution.ts';
import type { RowGraph, Rows } from './row-graph.ts';

/** Operators that compute each position of an image from that position of their operands alone. */
const ELEMENTWISE: ReadonlySet<string> = new Set(['Add', 'Clip', 'Div', 'HardSigmoid', 'LeakyRelu', 'Mul', 'Relu', 'Sigmoid', 'Sub', 'Sum', 'Tanh']);

const isFlat = (node: NodeProto, name: string, fallback: number): boolean => (attributeInts(node, name, null) ?? [fallback]).every((value) => value === fallback);

/** Whether a convolution has one element, position by position. */
function isPointwise(node: NodeProto, { types }: GraphFacts): boolean {
  const [, , ...kernel] = types.get(node.input[1] ?? '')?.shape ?? [];
  return kernel.length === 2 && kernel.every((size) => size === 1) && isFlat(node, 'strides', 1) && isFlat(node, 'pads', 0)
    && attributeString(node, 'auto_pad', 'NOTSET') === 'NOTSET';
}

/** The operands of a node that are images as high as what it makes, where its rows can be made one by one of theirs; `null` for other nodes. */
export function imageOperands(node: NodeProto, facts: GraphFacts): readonly string[] | null {
  const [output = ''] = node.output;
  const made = imageShape(facts, output);
  if (made === null || node.domain !== '' || node.output.length !== 1) return null;
  if (node.opType === 'Conv') return isPointwise(node, facts) ? node.input.slice(0, 1) : null;
  if (node.opType === 'BatchNormalization') return node.input.slice(0, 1);
  if (!ELEMENTWISE.has(node.opType)) return null;
  const images: string[] = [];
  for (const name of node.input) {
    const shape = name === '' ? [] : facts.types.get(name)?.shape;
    if (!shape) return null;
    if ((shape.at(-2) ?? 1) === 1) continue;
    if (shape.length !== 4 || shape[2] !== made[1]) return null;
    images.push(name);
  }
  return images.length > 0 ? images : null;
}

/** A node of `imageOperands` for even and for odd rows. */
export function splitNode(graph: RowGraph, node: NodeProto, images: readonly string[]): Rows {
  for (const name of node.input) if (!images.includes(name)) graph.join(name);
  const half = (which: keyof Rows): string => graph.op(node.opType, node.input.map((name) => (images.includes(name) ? graph.rows(name)[which] : name)), node.attribute);
  return { even: half('even'), odd: half('odd') };
}

/** The halves that an image is joined of row by row: `Reshape` of a `Concat` along the columns; `null` for others. */
export function joinedRows(node: NodeProto, producers: ReadonlyMap<string, NodeProto>, facts: GraphFacts): Rows | null {
  const beside = node.opType === 'Reshape' ? producers.get(node.input[0] ?? '') : undefined;
  const [even, odd, ...more] = beside?.opType === 'Concat' ? beside.input : [];
  if (beside === undefined || even === undefined || odd === undefined || more.length > 0 || !isFlat(beside, 'axis', 3)) return null;
  const [whole, half, other] = [node.output[0] ?? '', even, odd].map((name) => imageShape(facts, name));
  if (!whole || !half || !other || half.join() !== other.join()) return null;
  return half[0] === whole[0] && 2 * half[1] === whole[1] && half[2] === whole[2] ? { even, odd } : null;
}

