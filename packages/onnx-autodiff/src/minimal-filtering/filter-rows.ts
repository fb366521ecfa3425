import { intsAttribute, tensorShape } from '@pellucid/onnx-graph';
import type { FilteredConvolution } from './filtered-convolution.ts';
import type { RowGraph, Rows } from './row-graph.ts';

/**
 * What the products of F(2,3) are of: with rows d0 to d3, of which d1 is even, d0 - d2, d1 + d2, d1 - d2, and d3 - d1: the last two with the sign that spares one of
 * kernels. Behind an odd height there is no odd row: it counts as zeros, as all padding does.
 */
function transformRows(graph: RowGraph, x: string, channels: number, isOdd: boolean): readonly string[] {
  const { even, odd } = graph.rows(x);
  const padEnd = isOdd ? 1 : 0;
  return [
    graph.sumTaps(odd, channels, { taps: [1, -1], padBegin: 1, padEnd }),
    graph.op('Add', [isOdd ? graph.sumTaps(odd, channels, { taps: [1], padEnd }) : odd, even]),
    graph.op('Add', [graph.sumTaps(odd, channels, { taps: [-1], padEnd }), even]),
    graph.sumTaps(even, channels, { taps: [-1, 1], padEnd: 1 - padEnd }),
  ];
}

/**
 * The weights of the four products, each one row high: g0, (g0 + g1 + g2) / 2, (-g0 + g1 - g2) / 2 and g2. ONNX Runtime computes them when it opens the model: it is
 * not given them beside the weights.
 */
function filterKernels(graph: RowGraph, weights: string): readonly string[] {
  const [g0, g1, g2] = [0, 1, 2].map((row) => graph.kernelRows(weights, row, row + 1, 1)) as [string, string, string];
  const outer = graph.op('Add', [g0, g2]);
  const half = graph.constant('half', [], () => Float32Array.of(0.5));
  return [g0, graph.op('Mul', [graph.op('Add', [outer, g1]), half]), graph.op('Mul', [graph.op('Sub', [g1, outer]), half]), g2];
}

/**
 * A convolution of three rows by the minimal filtering algorithm F(2,3): four products for two rows in place of six. ONNX Runtime adds the last sums, and an
 * activation behind them, while it writes the products.
 * @param added - rows that are added to the result
 * @see {@link https://arxiv.org/abs/1509.09308 | Lavin & Gray 2015}, equations 5 and 6; Winograd 1980
 */
export function filterRows(graph: RowGraph, { x, weights, bias, columns, isOdd }: FilteredConvolution, added: Rows | null): Rows {
  const [outputs = 0, inputs = 0] = tensorShape(weights);
  const [first, sum, difference, last] = transformRows(graph, x, inputs, isOdd) as [string, string, string, string];
  const kernels = filterKernels(graph, weights.name);
  const product = (rows: string, index: number, biases: readonly string[] = []): string => graph.op('Conv', [rows, kernels[index]!, ...biases], [
    intsAttribute('kernel_shape', [1, columns.kernel]), intsAttribute('strides', [1, columns.stride]), intsAttribute('dilations', [1, columns.dilation]),
    intsAttribute('pads', [0, columns.padBegin, 0, columns.padEnd]),
  ]);
  const [m1, m2] = [product(sum, 1), product(difference, 2)];
  const even = added === null ? graph.op('Add', [m1, m2]) : graph.op('Sum', [m1, m2, added.even]);
  const oddSum = isOdd ? graph.sumTaps(m1, outputs, { taps: [1, 0] }) : m1;
  const odd = graph.op('Add', [graph.sumTaps(m2, outputs, { taps: isOdd ? [-1, 0] : [-1] }), added === null ? oddSum : graph.op('Add', [oddSum, added.odd])]);
  const biases = bias === undefined ? [] : [bias];
  return { even: graph.op('Add', [product(first, 0, biases), even]), odd: graph.op('Add', [product(last, 3, biases), odd]) };
}
