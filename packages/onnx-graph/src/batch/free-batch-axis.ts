import { TensorProto_DataType as ElementType, type NodeProto, type TensorProto, type ValueInfoProto } from 'onnx-buf';
import { graphInputs, nodeReads, replaceParts, uniqueNames } from '../graph/edit-graph.ts';
import type { OnnxModel } from '../model/onnx-model.ts';
import { normalDomain, opsetOf } from '../model/opset.ts';
import { inferNode, inferShapes } from '../shapes/infer-shapes.ts';
import { constantType } from '../shapes/sources.ts';
import { declaredType, type TensorType } from '../shapes/tensor-type.ts';
import { makeValueInfo } from '../tensor/make-tensor.ts';
import { BATCH, freeNode, type FreedNode } from './fixed-batch.ts';
import { keepsSamplesApart } from './per-sample.ts';

const UNKNOWN: TensorType = { elementType: 0, shape: null };

/** They repeat one row per sample, once they are told the number of samples. */
const REPEATING: readonly string[] = ['ConstantOfShape', 'Expand'];
/** They read lengths, and rearrange or repeat what else they read. */
const READING_LENGTHS: readonly string[] = ['Expand', 'Reshape', 'Resize', 'Slice', 'Tile'];

/** A graph whose batch axis is being freed, as far as it got. */
interface Freeing {
  readonly opset: number;
  /** Types with one sample. */
  readonly single: ReadonlyMap<string, TensorType>;
  /** Types with a free batch axis. */
  readonly types: Map<string, TensorType>;
  /** Tensors that have a row per sample. */
  readonly dependent: Set<string>;
  readonly unique: (wanted: string) => string;
  readonly nodes: NodeProto[];
  readonly constants: TensorProto[];
}

/** Whether a tensor has the freed shape: batch in front, everything else as for one sample. */
function isFreed(one: TensorType | undefined, freed: TensorType | undefined): boolean {
  if (!one?.shape || freed?.shape?.length !== one.shape.length) return false;
  return one.shape[0] === 1 && freed.shape[0] === BATCH && one.shape.slice(1).every((length, i) => length !== null && length === freed.shape?.[i + 1]);
}

/** Whole numbers whose contents are all known: what depends on them follows the freed shapes by itself. */
const isFollowed = ({ elementType, values }: TensorType): boolean =>
  (elementType === Number(ElementType.INT64) || elementType === Number(ElementType.INT32)) && values?.every((value) => value !== null) === true;

/** Whether contents change with the number of samples. */
const holdsLengths = (type: TensorType | undefined): boolean => type?.values?.some((value) => typeof value === 'string') ?? false;

const hasBatch = (type: TensorType | undefined): boolean => type?.shape?.some((length) => typeof length === 'string') ?? true;

function infer({ opset, types }: Freeing, node: NodeProto): readonly TensorType[] {
  const inferred = inferNode(node, opset, types);
  return node.output.map((_, i) => inferred[i] ?? UNKNOWN);
}

/** Outputs of a node that have a row per sample; `null` where samples may mix, or what the number of samples does is not known. */
function rowsPerSample(state: Freeing, node: NodeProto, outputs: readonly TensorType[]): readonly string[] | null {
  const { opset, single, types, dependent } = state;
  const reads = nodeReads(node);
  const [ofSamples, ofLengths] = [reads.some((name) => dependent.has(name)), reads.some((name) => holdsLengths(types.get(name)))];
  const shown = node.output.map((name, i) => [name, outputs[i] ?? UNKNOWN] as const).filter(([name]) => name !== '');
  if (!ofSamples && !ofLengths) return [];
  if (normalDomain(node.domain) === '' && node.opType === 'Shape') return shown.every(([, type]) => isFollowed(type)) ? [] : null;
  if (!ofSamples) {
    if (shown.every(([, type]) => isFollowed(type))) return [];
    const repeats = REPEATING.includes(node.opType) && (node.opType !== 'Expand' || !hasBatch(types.get(node.input[0] ?? '')));
    if (!repeats) return null;
    return shown.every(([name, type]) => isFreed(single.get(name), type)) ? shown.map(([name]) => name) : null;
  }
  if (ofLengths && !READING_LENGTHS.includes(node.opType)) return null;
  const rankOf = (name: string): number => types.get(name)?.shape?.length ?? 0;
  const apart = shown.every(([name, type]) =>
    isFreed(single.get(name), type) && keepsSamplesApart(node, { opset, rank: type.shape?.length ?? 0, rankOf, dependent: (input) => dependent.has(input) }));
  return apart ? shown.map(([name]) => name) : null;
}

/** Adds a node as it is. False where that is not the same for every sample. */
function add(state: Freeing, node: NodeProto): boolean {
  const outputs = infer(state, node);
  const rows = rowsPerSample(state, node, outputs);
  if (rows === null) return false;
  state.nodes.push(node);
  for (const [i, name] of node.output.entries()) if (name !== '') state.types.set(name, outputs[i] ?? UNKNOWN);
  for (const name of rows) state.dependent.add(name);
  return true;
}

/** Adds what takes the place of a node: its last node makes the output, those before it are sound by themselves. */
function addFreed(state: Freeing, { nodes, constants }: FreedNode): boolean {
  for (const tensor of constants) state.types.set(tensor.name, constantType(tensor));
  state.constants.push(...constants);
  for (const node of nodes.slice(0, -1)) {
    const outputs = infer(state, node);
    state.nodes.push(node);
    for (const [i, name] of node.output.entries()) {
      state.types.set(name, outputs[i] ?? UNKNOWN);
      if (outputs[i]?.shape?.[0] === BATCH) state.dependent.add(name);
    }
  }
  const last = nodes.at(-1);
  return last !== undefined && add(state, last);
}

function freeAll(model: OnnxModel): OnnxModel | null {
  const inputs = graphInputs(model);
  const fed = new Set(inputs.map(({ name }) => name));
  const types = new Map<string, TensorType>(model.graph.initializer.map((tensor) => [tensor.name, constantType(tensor)]));
  for (const info of inputs) {
    const type = declaredType(info);
    if (type) types.set(info.name, { elementType: type.elementType, shape: [BATCH, ...(type.shape ?? []).slice(1)] });
  }
  const state: Freeing = {
    opset: opsetOf(model), single: inferShapes(model), types, dependent: new Set(fed), unique: uniqueNames(model), nodes: [], constants: [],
  };
  const dependent = (name: string): boolean => state.dependent.has(name);
  for (const node of model.graph.node) {
    if (add(state, node)) continue;
    const freed = freeNode(node, { opset: state.opset, types, unique: state.unique, dependent });
    if (freed === null || !addFreed(state, freed)) return null;
  }
  if (model.graph.output.some(({ name }) => !dependent(name))) return null;
  const declare = (info: ValueInfoProto): ValueInfoProto => makeValueInfo(info.name, types.get(info.name) ?? UNKNOWN);
  return replaceParts(model, {
    node: state.nodes, initializer: [...model.graph.initializer, ...state.constants], valueInfo: [],
    input: model.graph.input.map((info) => (fed.has(info.name) ? declare(info) : info)),
    output: model.graph.output.map(declare),
  });
}

/** They only move values: where one makes as much of two samples as of one, it was written for one. A sum over samples may be meant. */
const MOVING: ReadonlySet<string> = new Set(['Expand', 'Gather', 'Reshape', 'Slice', 'Split', 'Squeeze']);

/** Whether the graph counts on one sample somewhere, so that others get lost or do not fit. */
function countsOnOne(model: OnnxModel, batch: string): boolean {
  const types = inferShapes(replaceParts(model, { valueInfo: [] }));
  const dependent = new Set(graphInputs(model).map(({ name }) => name));
  const names = (length: number | string | null): boolean => length === null || (typeof length === 'string' && length.split('*').includes(batch));
  for (const node of model.graph.node) {
    if (node.opType === 'Shape' || node.opType === 'Size' || !nodeReads(node).some((name) => dependent.has(name))) continue;
    for (const name of node.output) {
      const type = types.get(name);
      if (name === '' || (type && isFollowed(type))) continue;
      dependent.add(name);
      if (MOVING.has(node.opType) && type?.shape && !type.shape.some(names) && node.input[0] !== undefined && types.get(node.input[0])?.shape?.some(names) === true) return true;
    }
  }
  return false;
}

/** The model with inputs declared for this number of samples. */
function declareBatch(model: OnnxModel, batch: number | string): OnnxModel {
  const fed = new Set(graphInputs(model).map(({ name }) => name));
  return replaceParts(model, {
    valueInfo: [],
    input: model.graph.input.map((info) => {
      const type = declaredType(info);
      if (!fed.has(info.name) || !type?.shape) return info;
      return makeValueInfo(info.name, { elementType: type.elementType, shape: type.shape.map((length, axis) => (axis === 0 ? batch : length)) });
    }),
    // Their shapes follow from those of the inputs.
    output: model.graph.output.map((info) => makeValueInfo(info.name, { elementType: declaredType(info)?.elementType ?? 0, shape: null })),
  });
}

/** A model and the numbers of samples that it takes. */
export interface FreedBatch {
  readonly model: OnnxModel;
  /**
   * `free`: any number, as the file has it. `freed`: any number, where the file says or counts on one. `fixed`: the number that its inputs
   * state alone.
   */
  readonly batch: 'free' | 'freed' | 'fixed';
}

/**
 * Lets a model that is made for one sample at a time take any number, where every operator provably treats the samples alone: also one whose inputs
 * have a free batch axis, but that counts on one sample inside. Stored `[1, ...]` in Reshape, `x[0:1]`, and rows joined to one sample are repaired. A
 * model that counts on one sample and cannot be repaired is declared for one.
 */
export function freeBatchAxis(model: OnnxModel): FreedBatch {
  const lengths = graphInputs(model).map((info) => declaredType(info)?.shape?.[0]);
  if (lengths.every((length) => length === 1)) {
    const freed = freeAll(model);
    return freed ? { model: freed, batch: 'freed' } : { model, batch: 'fixed' };
  }
  const [batch, ...others] = new Set(lengths);
  if (typeof batch === 'number') return { model, batch: 'fixed' };
  // Without a name it is not known which inputs share it.
  const named = typeof batch === 'string' || lengths.length === 1;
  if (batch === undefined || others.length > 0 || !named || !countsOnOne(declareBatch(model, BATCH), BATCH)) return { model, batch: 'free' };
  const single = declareBatch(model, 1);
  const freed = freeAll(single);
  return freed ? { model: freed, batch: 'freed' } : { model: single, batch: 'fixed' };
}
