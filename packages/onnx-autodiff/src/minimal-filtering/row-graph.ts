import {
  ElementType, intAttribute, intsAttribute, int64Tensor, makeNode, makeTensor, nodeReads, uniqueNames, type AttributeProto, type NodeProto, type OnnxModel, type TensorProto,
} from '@pellucid/onnx-graph';
import { imageShape, type GraphFacts } from './filtered-convolution.ts';

/** An image as two, one of its even and one of its odd rows. */
export interface Rows {
  readonly even: string;
  readonly odd: string;
}

/** Depthwise sums along rows. */
export interface RowTaps {
  readonly taps: readonly number[];
  readonly stride?: number;
  readonly padBegin?: number;
  readonly padEnd?: number;
}

/** A graph that is written anew, in which images may be there as rows, as a whole, or both. */
export interface RowGraph {
  readonly nodes: readonly NodeProto[];
  /** The constants that were asked for: made when this is called. */
  readonly constants: () => readonly TensorProto[];
  /** Nanoseconds that cutting and joining take, by the lengths of the images. */
  readonly spent: ReadonlyMap<string, number>;
  /** @param output - its name @defaultValue a new one */
  readonly op: (operator: string, inputs: readonly string[], attributes?: readonly AttributeProto[], output?: string) => string;
  /** Takes a node over, and makes whole what it reads. */
  readonly keep: (node: NodeProto) => void;
  /** A float32 constant, one for all of a key. */
  readonly constant: (key: string, shape: readonly number[], make: () => Float32Array) => string;
  /** Rows of a kernel, from `start` to `end` by `step`. */
  readonly kernelRows: (weights: string, start: number, end: number, step: number) => string;
  /** Sums along the rows of an image of so many channels, channel by channel. */
  readonly sumTaps: (x: string, channels: number, taps: RowTaps) => string;
  /** Whether an image is there as rows. */
  readonly isCut: (name: string) => boolean;
  /** Whether an image was made as rows, and has not been joined. */
  readonly isRowsAlone: (name: string) => boolean;
  /** Whether an image was made as rows. */
  readonly isMadeOfRows: (name: string) => boolean;
  /** The rows of an image, which is cut unless it was made of rows. */
  readonly rows: (name: string) => Rows;
  readonly setRows: (name: string, rows: Rows) => void;
  /**
   * As `setRows`, for an image that the graph as it was given joins of these rows, outside the blocked layout: joining costs nothing more. They enter that layout here,
   * since a single operand outside takes all that is computed with it out.
   */
  readonly enterRows: (name: string, rows: Rows) => void;
  /** Makes whole, under its own name, what is there as rows alone. */
  readonly join: (name: string) => void;
}

/** What tells images of one size: cutting and joining are for all of a size or none. */
export const sizeKey = ([, height, width]: readonly [number, number, number]): string => `${height}x${width}`;

export function createRowGraph(model: OnnxModel, facts: GraphFacts): RowGraph {
  const unique = uniqueNames(model);
  const nodes: NodeProto[] = [];
  const constants = new Map<string, { readonly name: string; readonly make: (name: string) => TensorProto }>();
  const cut = new Map<string, Rows>();
  const madeOfRows = new Map<string, Rows>();
  const joined = new Set<string>();
  const spent = new Map<string, number>();
  const spend = (shape: readonly [number, number, number], nanoseconds: number): void => {
    const [channels, height, width] = shape;
    spent.set(sizeKey(shape), (spent.get(sizeKey(shape)) ?? 0) + nanoseconds * channels * height * width);
  };
  const shapeOf = (name: string): readonly [number, number, number] => {
    const shape = imageShape(facts, name);
    if (shape === null) throw new Error(`internal: ${name} is no image of known lengths`);
    return shape;
  };
  const op: RowGraph['op'] = (operator, inputs, attributes = [], output = unique(`rows/${operator}`)) => {
    nodes.push(makeNode(operator, inputs, [output], attributes));
    return output;
  };
  const store = (key: string, make: (name: string) => TensorProto): string => {
    const found = constants.get(key) ?? { name: unique('rows/constant'), make };
    constants.set(key, found);
    return found.name;
  };
  const constant: RowGraph['constant'] = (key, shape, make) => store(key, (name) => makeTensor(name, ElementType.FLOAT, shape, make()));
  const integers = (values: readonly number[]): string => store(`integers ${values.join()}`, (name) => int64Tensor(name, values));
  const slice = (x: string, start: number, end: number, step: number, output?: string): string => op('Slice', [x, integers([start]), integers([end]), integers([2]), integers([step])], [], output);
  const sumTaps: RowGraph['sumTaps'] = (x, channels, { taps, stride = 1, padBegin = 0, padEnd = 0 }) => {
    const kernel = constant(`taps ${taps.join()} of ${channels}`, [channels, 1, taps.length, 1], () => Float32Array.from({ length: channels * taps.length }, (_, i) => taps[i % taps.length]!));
    return op('Conv', [x, kernel], [
      intsAttribute('kernel_shape', [taps.length, 1]), intsAttribute('strides', [stride, 1]), intsAttribute('pads', [padBegin, 0, padEnd, 0]), intAttribute('group', channels),
    ]);
  };
  const join: RowGraph['join'] = (name) => {
    const rows = madeOfRows.get(name);
    if (rows === undefined || joined.has(name)) return;
    joined.add(name);
    const shape = shapeOf(name);
    const [, height, width] = shape;
    if (cut.get(name) === rows) spend(shape, facts.costs.join);
    const isOdd = height % 2 === 1;
    const odd = isOdd ? sumTaps(rows.odd, shape[0], { taps: [1], padEnd: 1 }) : rows.odd;
    const lengths = integers([0, 0, 2 * Math.ceil(height / 2), width]);
    const joinedRows = op('Reshape', [op('Concat', [rows.even, odd], [intAttribute('axis', 3)]), lengths], [], isOdd ? undefined : name);
    if (isOdd) slice(joinedRows, 0, height, 1, name);
  };
  return {
    nodes, spent, op, constant, sumTaps, join,
    kernelRows: slice,
    constants: () => [...constants.values()].map(({ name, make }) => make(name)),
    keep(node) {
      for (const name of nodeReads(node)) join(name);
      nodes.push(node);
    },
    isCut: (name) => cut.has(name),
    isMadeOfRows: (name) => madeOfRows.has(name),
    isRowsAlone: (name) => madeOfRows.has(name) && !joined.has(name),
    rows(name) {
      const found = cut.get(name);
      if (found !== undefined) return found;
      const shape = shapeOf(name);
      spend(shape, facts.costs.pass);
      const rows = { even: sumTaps(name, shape[0], { taps: [1], stride: 2 }), odd: sumTaps(name, shape[0], { taps: [0, 1], stride: 2 }) };
      cut.set(name, rows);
      return rows;
    },
    setRows(name, rows) {
      cut.set(name, rows);
      madeOfRows.set(name, rows);
    },
    enterRows(name, rows) {
      const [channels] = shapeOf(name);
      cut.set(name, { even: sumTaps(rows.even, channels, { taps: [1] }), odd: sumTaps(rows.odd, channels, { taps: [1] }) });
      madeOfRows.set(name, rows);
    },
  };
}
