import { extractSubgraph, inferShapes, opsetOf, replaceParts, tensorProducers, tensorReaders, type NodeProto, type OnnxModel } from '@pellucid/onnx-graph';
import { imageOperands, joinedRows, splitNode } from './by-position.ts';
import { filterRows } from './filter-rows.ts';
import { filteredConvolution, imageShape, PART_COSTS, type FilteredConvolution, type GraphFacts, type PartCosts } from './filtered-convolution.ts';
import { createRowGraph, sizeKey, type RowGraph, type Rows } from './row-graph.ts';
import { convolveRows } from './strided-rows.ts';

/** A convolution whose result a sum alone reads, and what is added to it. */
interface FilteredSum {
  readonly convolution: NodeProto;
  readonly added: string;
}

/** Which convolutions are filtered, and what is computed in rows around them. */
interface Plan {
  readonly filtered: ReadonlyMap<NodeProto, FilteredConvolution>;
  /** The sums that filtered convolutions take in. */
  readonly sums: ReadonlyMap<NodeProto, FilteredSum>;
  /** Images that filtered convolutions read, or what is computed from them position by position before these do. */
  readonly wanted: ReadonlySet<string>;
}

const sizeOf = (facts: GraphFacts, name: string): string => {
  const shape = imageShape(facts, name);
  return shape === null ? '' : sizeKey(shape);
};

function findSums(model: OnnxModel, facts: GraphFacts, filtered: Plan['filtered']): Map<NodeProto, FilteredSum> {
  const readers = tensorReaders(model);
  const outputs = new Set(model.graph.output.map(({ name }) => name));
  const sums = new Map<NodeProto, FilteredSum>();
  for (const [convolution, { y }] of filtered) {
    const [reader, ...more] = readers.get(y) ?? [];
    const added = reader?.opType === 'Add' && more.length === 0 && !outputs.has(y) ? reader.input.find((name) => name !== y) : undefined;
    if (reader !== undefined && added !== undefined && !sums.has(reader) && imageOperands(reader, facts)?.length === 2) sums.set(reader, { convolution, added });
  }
  return sums;
}

/** @param isTaken - whether convolutions over images of this size may be filtered */
function planRows(model: OnnxModel, facts: GraphFacts, isTaken: (size: string) => boolean): Plan {
  const filtered = new Map<NodeProto, FilteredConvolution>();
  for (const node of model.graph.node) {
    const convolution = filteredConvolution(node, facts);
    if (convolution && isTaken(sizeOf(facts, convolution.y))) filtered.set(node, convolution);
  }
  const sums = findSums(model, facts, filtered);
  const wanted = new Set<string>();
  for (const node of model.graph.node.toReversed()) {
    const convolution = filtered.get(node);
    if (convolution !== undefined) wanted.add(convolution.x);
    else if (node.output.some((name) => wanted.has(name))) for (const name of imageOperands(node, facts) ?? []) wanted.add(name);
    const sum = sums.get(node);
    if (sum !== undefined) wanted.add(sum.added);
  }
  return { filtered, sums, wanted };
}

/** Writes a graph anew: what lies between filtered convolutions stays cut into rows. */
function writeRows(model: OnnxModel, facts: GraphFacts, { filtered, sums, wanted }: Plan): RowGraph {
  const graph = createRowGraph(model, facts);
  const producers = tensorProducers(model);
  const takenIn = new Set([...sums.values()].map(({ convolution }) => convolution));
  const readInRows = new Set([...filtered.values()].map(({ x }) => x));
  const fromConvolution = new Set<string>();
  const filteredRows = (node: NodeProto): Rows | null => {
    const sum = sums.get(node);
    const convolution = filtered.get(sum?.convolution ?? node);
    if (convolution === undefined) return null;
    for (const name of node.output) fromConvolution.add(name);
    return filterRows(graph, convolution, sum === undefined ? null : graph.rows(sum.added));
  };
  const rowsByPosition = (node: NodeProto, output: string): Rows | null => {
    const images = imageOperands(node, facts);
    // ONNX Runtime makes one operator of a convolution and the activation behind it.
    const isOfUse = wanted.has(output) || (images?.length === 1 && fromConvolution.has(images[0] ?? ''));
    if (images === null || !isOfUse) return null;
    const isInRows = images.some(graph.isMadeOfRows) || images.every((name) => graph.isCut(name) || readInRows.has(name));
    return isInRows ? splitNode(graph, node, images) : null;
  };
  for (const node of model.graph.node) {
    if (takenIn.has(node)) continue;
    const [output = ''] = node.output;
    const joined = wanted.has(output) ? joinedRows(node, producers, facts) : null;
    if (joined !== null) {
      for (const name of [joined.even, joined.odd]) graph.join(name);
      graph.enterRows(output, joined);
      continue;
    }
    const rows = filteredRows(node) ?? rowsByPosition(node, output);
    if (rows !== null) graph.setRows(output, rows);
    else if (!convolveRows(graph, node, facts)) graph.keep(node);
  }
  for (const { name } of model.graph.output) graph.join(name);
  return graph;
}

/** What the filtered convolutions over images of each size save, without cutting and joining. */
function savings(facts: GraphFacts, { filtered, sums }: Plan): Map<string, number> {
  const saved = new Map<string, number>();
  const taking = new Set([...sums.values()].map(({ convolution }) => convolution));
  for (const [node, { y, saves, sumCosts }] of filtered) {
    saved.set(sizeOf(facts, y), (saved.get(sizeOf(facts, y)) ?? 0) + saves - (taking.has(node) ? sumCosts : 0));
  }
  return saved;
}

/**
 * The same model, where 3x3 convolutions take four products for two rows in place of six, wherever that saves more than it costs to cut images into even and
 * odd rows and to join them again. Results differ by float32 rounding. For engines that hold images in a blocked layout.
 * @param costs - what the parts of a graph take @defaultValue as measured on one core of an AVX-512 server
 * @see {@link https://arxiv.org/abs/1509.09308 | Lavin & Gray 2015}, section 4.1
 */
export function minimalFiltering(model: OnnxModel, costs: PartCosts = PART_COSTS): OnnxModel {
  // Before opset 10 operands of other shapes, and what a slice cuts, are attributes.
  if (opsetOf(model) < 10) return model;
  const facts = { types: inferShapes(model), stored: new Map(model.graph.initializer.map((tensor) => [tensor.name, tensor])), costs };
  const dropped = new Set<string>();
  for (;;) {
    const plan = planRows(model, facts, (size) => !dropped.has(size));
    if (plan.filtered.size === 0) return model;
    const graph = writeRows(model, facts, plan);
    const losing = [...savings(facts, plan)].filter(([size, saved]) => saved <= (graph.spent.get(size) ?? 0));
    if (losing.length === 0) {
      const written = replaceParts(model, { node: graph.nodes, initializer: [...model.graph.initializer, ...graph.constants()] });
      return extractSubgraph(written, model.graph.output.map(({ name }) => name), facts.types);
    }
    for (const [size] of losing) dropped.add(size);
  }
}
