import { PellucidError, sizeOf, suggestNames, validateLayout, type LayerInfo, type Layout, type TensorSpec } from '@pellucid/core';
import {
  batchRows, ElementType, extendGraph, inferShapes, intAttribute, makeNode, nodeReads, uniqueNames, type Dimension, type OnnxModel, type TensorType,
} from '@pellucid/onnx-graph';
import { findLogits } from '../graph/classifier-head.ts';
import { dependentTensors } from '../graph/data-flow.ts';
import { describeLayers, type LayerCandidate } from '../graph/layers.ts';
import { inputLayout } from '../graph/layouts.ts';
import type { Network } from './network.ts';

/** Choices that replace the automatic ones. */
export interface DescribeOptions {
  /** Name of the tensor that holds the scores. */
  readonly logits?: string | undefined;
  /** What the axes of the input are. */
  readonly layout?: Layout | undefined;
  /** Whether gradients pass quantisation. */
  readonly straightThrough?: boolean | undefined;
}

/** Finds the types of tensors by running the model once. */
export type Probe = (model: OnnxModel, tensors: readonly string[]) => Promise<ReadonlyMap<string, TensorType>>;

const isKnown = (type: TensorType | undefined): boolean => type !== undefined && type.elementType !== 0 && type.shape !== null;

const ownShape = (shape: readonly Dimension[]): (number | null)[] => shape.map((length) => (typeof length === 'number' ? length : null));

/** Free lengths as `null`; the batch axis is always free, since fixed batches are filled up. */
function freeShape(shape: readonly Dimension[]): (number | null)[] {
  return [null, ...ownShape(shape.slice(1))];
}

/** What the first axis of a tensor holds: samples, or rows of each; something else of a model that runs one sample at a time; or something that cannot be cut. */
type Leading = 'batch' | 'other' | 'mixed';

/** @param rows - of each sample, where that is proved; 0 where the length does not follow the batch */
function leadingAxis({ shape }: TensorType, rows: number | null, fixedBatch: number | null): Leading {
  const first = shape?.[0];
  if (first === undefined) return 'mixed';
  if (fixedBatch === null) return rows !== 0 && typeof first !== 'number' ? 'batch' : 'mixed';
  if (first === fixedBatch || (rows ?? 0) > 0) return 'batch';
  return fixedBatch === 1 ? 'other' : 'mixed';
}

function findCandidates(model: OnnxModel, input: string): LayerCandidate[] {
  const dependent = dependentTensors(model, input);
  return model.graph.node.flatMap((node) => node.output.filter((name) => name !== '' && dependent.has(name)).map((name) => ({ name, node })));
}

/** Bytes of all tensors of one sample that a forward and a backward pass make. */
function estimateBytes(candidates: readonly LayerCandidate[], types: ReadonlyMap<string, TensorType>, input: TensorSpec): number {
  const sizes = candidates.map(({ name }) => sizeOf(freeShape(types.get(name)?.shape ?? []).map((length) => length ?? 1)));
  const values = sizes.reduce((sum, size) => sum + size, sizeOf(input.shape.map((length) => length ?? 1)));
  return 2 * values * Float32Array.BYTES_PER_ELEMENT;
}

function chooseOutput(model: OnnxModel, types: ReadonlyMap<string, TensorType>, dependent: ReadonlySet<string>): string {
  const found = model.graph.output.find(({ name }) => types.get(name)?.elementType === ElementType.FLOAT && dependent.has(name));
  if (found !== undefined) return found.name;
  throw new PellucidError('MODEL_UNSUPPORTED', {
    model: model.name,
    problem: `none of its outputs (${model.graph.output.map(({ name }) => `\`${name}\``).join(', ')}) is a float32 tensor that depends on the input`,
    help: 'Explain a model whose output are scores.',
  });
}

function chooseLogits(model: OnnxModel, output: string, wanted: string | undefined, candidates: readonly LayerCandidate[]): string {
  if (wanted === undefined) return findLogits(model, output);
  if (candidates.some(({ name }) => name === wanted)) return wanted;
  throw new PellucidError('LAYER_NOT_FOUND', {
    layer: wanted,
    model: model.name,
    help: suggestNames(wanted, candidates.map(({ name }) => name)),
  });
}

function countClasses(model: OnnxModel, logits: string, types: ReadonlyMap<string, TensorType>, fixedBatch: number | null): number {
  const shape = types.get(logits)?.shape ?? null;
  const rows = shape?.[0];
  if (typeof rows === 'number' && rows !== fixedBatch) {
    throw new PellucidError('MODEL_UNSUPPORTED', {
      model: model.name,
      problem: `its scores (tensor \`${logits}\`) have a first axis of length ${rows} ${fixedBatch === null ? 'for any number of samples' : `for ${fixedBatch} sample${fixedBatch === 1 ? '' : 's'}`}`,
      help: 'Name the tensor that holds one row of scores per sample with the option `logits`.',
    });
  }
  const classes = shape?.slice(1).reduce<number>((product, length) => product * (typeof length === 'number' ? length : NaN), 1);
  if (classes !== undefined && Number.isInteger(classes)) return classes;
  throw new PellucidError('MODEL_UNSUPPORTED', {
    model: model.name,
    problem: `the number of its scores (tensor \`${logits}\`) depends on the size of the input`,
    help: 'Name the tensor that holds one score per class with the option `logits`.',
  });
}

/** Works out input, output, logits and layers of a model, with one probe run where shape inference leaves something open. */
export async function describeNetwork(
  model: OnnxModel, inputName: string, fixedBatch: number | null, probe: Probe, { logits: wanted, layout, straightThrough = false }: DescribeOptions,
): Promise<Omit<Network, 'freed'>> {
  const inferred = inferShapes(model);
  const candidates = findCandidates(model, inputName);
  const unknown = candidates.filter(({ name }) => !isKnown(inferred.get(name))).map(({ name }) => name);
  const types = unknown.length === 0 ? inferred : new Map([...inferred, ...(await probe(model, unknown))]);

  const shape = freeShape(types.get(inputName)?.shape ?? []);
  if (layout !== undefined) validateLayout(layout, shape.length);
  const readers = model.graph.node.filter((node) => nodeReads(node).includes(inputName)).map(({ opType }) => opType);
  const input: TensorSpec = { name: inputName, shape, layout: layout ?? inputLayout(shape, readers) };

  const tensors = candidates.filter(({ name }) => types.get(name)?.elementType === ElementType.FLOAT);
  const rows = batchRows(model, inputName);
  const leading = (name: string): Leading => leadingAxis(types.get(name) ?? { elementType: 0, shape: null }, rows.get(name) ?? null, fixedBatch);
  const layers = describeLayers(model, tensors, types, input).filter(({ name }) => leading(name) !== 'mixed')
    .map((layer): LayerInfo => (leading(layer.name) === 'batch' ? layer : { ...layer, shape: ownShape(types.get(layer.name)?.shape ?? []) }));
  const output = chooseOutput(model, types, new Set([inputName, ...candidates.map(({ name }) => name)]));
  const scores = chooseLogits(model, output, wanted, tensors);
  const logits = uniqueNames(model)('logits/flat');
  const flatten = makeNode('Flatten', [scores], [logits], [intAttribute('axis', 1)]);
  const classes = countClasses(model, scores, types, fixedBatch);
  return {
    name: model.name,
    model: extendGraph(model, { node: [flatten] }),
    types: new Map([...types, [logits, { elementType: ElementType.FLOAT, shape: [types.get(scores)?.shape?.[0] ?? null, classes] }]]),
    input,
    output: { name: output, shape: freeShape(types.get(output)?.shape ?? []), layout: layers.find(({ name }) => name === output)?.layout ?? 'N*' },
    logits,
    classes,
    layers,
    bytesPerSample: estimateBytes(tensors, types, input),
    fixedBatch,
    straightThrough,
  };
}
