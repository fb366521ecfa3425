import {
  attributeInt, concreteShape, ElementType, tensorShape, windowGeometry, type NodeProto, type TensorProto, type TensorType,
} from '@pellucid/onnx-graph';

/** Nanoseconds of a core that the parts of a graph take. */
export interface PartCosts {
  /** A product and its sum, in a convolution of the blocked layout. */
  readonly product: number;
  /** A value of an image read and written once in that layout. */
  readonly pass: number;
  /** A value joined to an image of all rows: out of that layout, interleaved, and into it. */
  readonly join: number;
  /** A node, whatever it computes. */
  readonly node: number;
}

/** Those of an AVX-512 server: ratios are what matters. */
export const PART_COSTS: PartCosts = { product: 1 / 135, pass: 0.25, join: 0.7, node: 4000 };

/** Nodes that a filtered convolution has more than a plain one, with those that masks and sums around it have on both halves. */
const MORE_NODES = 14;

/** What is known of a graph. */
export interface GraphFacts {
  readonly types: ReadonlyMap<string, TensorType>;
  readonly stored: ReadonlyMap<string, TensorProto>;
  readonly costs: PartCosts;
}

/** Channels of an image and its lengths, where all are known: [C, H, W]. */
export function imageShape({ types }: Pick<GraphFacts, 'types'>, name: string): readonly [channels: number, height: number, width: number] | null {
  const [, ...lengths] = types.get(name)?.shape ?? [];
  const [channels, height, width] = concreteShape(lengths) ?? [];
  return lengths.length !== 3 || channels === undefined || height === undefined || width === undefined ? null : [channels, height, width];
}

/** A convolution whose rows are filtered by fewer products. */
export interface FilteredConvolution {
  readonly x: string;
  readonly weights: TensorProto;
  readonly bias: string | undefined;
  readonly y: string;
  /** Columns of the kernel; the attributes of the convolution along them. */
  readonly columns: { readonly kernel: number; readonly stride: number; readonly dilation: number; readonly padBegin: number; readonly padEnd: number };
  /** Whether there is one even row more than odd ones. */
  readonly isOdd: boolean;
  /** Nanoseconds that it saves, before images are cut into rows and joined again. */
  readonly saves: number;
  /** Nanoseconds that adding an image to the result takes, which costs nothing in a plain convolution. */
  readonly sumCosts: number;
}

/** Blocks of channels of ONNX Runtime's layout; images of others are not in it. */
const BLOCK = 16;

/**
 * The convolution that a node is, where F(2,3) along its rows saves time: three taps, one row apart, over rows whose number stays the same.
 * `null` for others.
 */
export function filteredConvolution(node: NodeProto, facts: GraphFacts): FilteredConvolution | null {
  const [x = '', w = '', bias] = node.input;
  const weights = facts.stored.get(w);
  const from = imageShape(facts, x);
  const [y = ''] = node.output;
  const to = imageShape(facts, y);
  if (node.opType !== 'Conv' || node.domain !== '' || !weights || !from || !to || weights.dataType !== Number(ElementType.FLOAT)) return null;
  const [outputs = 0, inputs = 0, ...kernel] = tensorShape(weights);
  const geometry = attributeInt(node, 'group', 1) === 1 && kernel.length === 2 ? windowGeometry({ node }, from.slice(1), kernel) : null;
  const isByThree = geometry?.kernel[0] === 3 && geometry.strides[0] === 1 && geometry.dilations[0] === 1 && geometry.padsBegin[0] === 1 && geometry.padsEnd[0] === 1;
  if (!geometry || !isByThree || inputs % BLOCK !== 0 || outputs % BLOCK !== 0) return null;
  const [, width = 1] = kernel;
  const [read, written] = [from[1] * from[2], to[1] * to[2]];
  const isOdd = from[1] % 2 === 1;
  // Of two rows, four products in place of six; behind an odd height the last row takes as many as two.
  const spared = 3 - 2 * (from[1] + (isOdd ? 1 : 0)) / from[1];
  const { product, pass, node: perNode } = facts.costs;
  const saves = spared * inputs * outputs * width * written * product - (2 * inputs * read + outputs * written) * pass - MORE_NODES * perNode;
  if (saves <= 0) return null;
  return {
    x, weights, y, isOdd, saves, sumCosts: outputs * written * pass, bias: bias === '' ? undefined : bias,
    columns: { kernel: width, stride: geometry.strides[1]!, dilation: geometry.dilations[1]!, padBegin: geometry.padsBegin[1]!, padEnd: geometry.padsEnd[1]! },
  };
}
