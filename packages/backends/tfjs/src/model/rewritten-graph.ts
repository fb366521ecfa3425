import type { GraphModel } from '@tensorflow/tfjs-converter';
import * as tf from '@tensorflow/tfjs-core';

import { withOwnStatistics } from './batch-statistics.ts';
import { withDilatedConvolutions, type GraphFacts } from './dilated-convolutions.ts';
import { graphNumbers } from './graph-numbers.ts';
import type { GraphNode } from './graph-nodes.ts';
import { withLayerNormalizations } from './layer-normalizations.ts';
import { withResidualSums } from './residual-sums.ts';
import { withNodes } from './stored-graph.ts';

/** A model on the same weights whose operations all can run. */
export const runnableGraph = (model: GraphModel): GraphModel => withNodes(model, (nodes) => withLayerNormalizations(withOwnStatistics(withResidualSums(nodes)), model));

/** Operators that cut images into interleaved ones, put them together, or widen them, with numbers that say how. */
const NUMBERED: ReadonlySet<string> = new Set(['BatchToSpaceND', 'ExpandDims', 'SpaceToBatchND']);

/** TensorFlow has no dilated convolution in three dimensions for processors. */
const runsDilated = (op: string): boolean => op !== 'Conv3D' || tf.getBackend() !== 'tensorflow';

/**
 * A model on the same weights whose dilated convolutions are one operation each.
 * @param nodes - all that the model has
 * @param execute - runs nodes for this many samples of the input's size
 */
export function dilatedGraph(model: GraphModel, nodes: readonly GraphNode[], execute: (samples: number, names: readonly string[]) => readonly tf.Tensor[]): GraphModel {
  if (!nodes.some(({ op }) => op === 'BatchToSpaceND')) return model;
  const numbered = new Set(nodes.filter(({ op }) => NUMBERED.has(op)).flatMap(({ inputs }) => inputs.slice(1)));
  const numbers = graphNumbers(model, [...numbered], execute);
  const outputs = new Set(model.outputs.map(({ name }) => name));
  const facts: GraphFacts = {
    numbersOf: (name) => numbers.get(name),
    weightShape: (name) => model.weights[name]?.[0]?.shape,
    isOutput: (name) => outputs.has(name),
    runsDilated,
  };
  return withNodes(model, (stored) => withDilatedConvolutions(stored, facts));
}
