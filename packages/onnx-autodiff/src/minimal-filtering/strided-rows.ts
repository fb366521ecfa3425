import { attributeInt, intAttribute, intsAttribute, tensorShape, windowGeometry, type NodeProto } from '@pellucid/onnx-graph';
import { imageShape, type GraphFacts } from './filtered-convolution.ts';
import type { RowGraph } from './row-graph.ts';

/** The taps of a kernel that read rows of one parity: every second from `first` on. */
interface ParityTaps {
  readonly first: number;
  readonly count: number;
  readonly padBegin: number;
  readonly padEnd: number;
}

/** What the rows of one parity give a convolution with strides of two rows: window i takes tap t from row 2 i + t - pad; `null` where that is no convolution. */
function parityTaps(parity: 0 | 1, kernel: number, pad: number, height: number, windows: number): ParityTaps | 'none' | null {
  const first = (parity + pad) % 2;
  if (first >= kernel) return 'none';
  const count = Math.floor((kernel - 1 - first) / 2) + 1;
  const begin = (first - pad - parity) / 2;
  const padEnd = windows - 1 + begin + count - Math.ceil((height - parity) / 2);
  return begin > 0 || padEnd < 0 ? null : { first, count, padBegin: -begin, padEnd };
}

/** Writes a convolution with strides of two rows that reads an image as rows: one of even and one of odd rows. @returns false where that does not apply */
export function convolveRows(graph: RowGraph, node: NodeProto, facts: GraphFacts): boolean {
  const [x = '', w = '', ...biases] = node.input;
  const weights = facts.stored.get(w);
  const shape = imageShape(facts, x);
  if (node.opType !== 'Conv' || node.domain !== '' || !weights || !shape || !graph.isRowsAlone(x)) return false;
  const geometry = windowGeometry({ node }, shape.slice(1), tensorShape(weights).slice(2));
  const { kernel: [height = 0, width = 0], strides, dilations, padsBegin, padsEnd, output } = geometry ?? { kernel: [], strides: [], dilations: [], padsBegin: [], padsEnd: [], output: [] };
  if (strides[0] !== 2 || dilations[0] !== 1 || output[0] === null) return false;
  const parts = ([0, 1] as const).map((parity) => parityTaps(parity, height, padsBegin[0]!, shape[1], output[0]!));
  if (parts.includes(null)) return false;
  const rows = graph.rows(x);
  const [y = ''] = node.output;
  let sum: string | null = null;
  const read = parts.flatMap((part, parity) => (part === null || part === 'none' ? [] : [{ part, image: parity === 0 ? rows.even : rows.odd }]));
  for (const [i, { part, image }] of read.entries()) {
    const kernel = graph.kernelRows(w, part.first, height, 2);
    const result: string = graph.op('Conv', [image, kernel, ...(i === 0 ? biases : [])], [
      intsAttribute('kernel_shape', [part.count, width]), intsAttribute('strides', [1, strides[1]!]), intsAttribute('dilations', [1, dilations[1]!]),
      intsAttribute('pads', [part.padBegin, padsBegin[1]!, part.padEnd, padsEnd[1]!]), intAttribute('group', attributeInt(node, 'group', 1)),
    ], read.length === 1 ? y : undefined);
    sum = sum === null ? result : graph.op('Add', [result, sum], [], y);
  }
  return true;
}
