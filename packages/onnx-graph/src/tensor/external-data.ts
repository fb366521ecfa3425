import { clearField, create } from '@bufbuild/protobuf';
import { PellucidError } from '@pellucid/core';
import { StringStringEntryProtoSchema, TensorProto_DataLocation, TensorProtoSchema, type GraphProto, type ModelProto, type TensorProto } from 'onnx-buf';
import { copyWith } from '../model/onnx-model.ts';
import { fileTensor, type FilePlace } from './file-tensor.ts';

/** Where a tensor's bytes lie in another file. */
export interface ExternalPlace {
  /** Path relative to the model's folder, with `/` between names; never leads out of it. */
  readonly location: string;
  readonly offset: number;
  /** `null`: up to the end of the file. */
  readonly length: number | null;
}

/** Bytes that are read when they are asked for. */
export interface UnreadBytes {
  readonly place: FilePlace;
  /** Reads them. @throws DATA_MISSING where the file is gone or changed. */
  readonly read: () => Uint8Array<ArrayBuffer>;
}

/** Gives the bytes of a place, or says how to get them. @throws DATA_MISSING, MODEL_INVALID. */
export type ExternalReader = (place: ExternalPlace) => Uint8Array<ArrayBuffer> | UnreadBytes;

const WHOLE_NUMBER = /^\d{1,15}$/;

function bad(model: string, tensor: TensorProto, problem: string, help: string): PellucidError {
  return new PellucidError('MODEL_INVALID', { model, format: 'ONNX', problem: `tensor \`${tensor.name}\` ${problem}`, help });
}

function placeOf(model: string, tensor: TensorProto): ExternalPlace {
  const entries = new Map(tensor.externalData.map(({ key, value }) => [key, value]));
  const location = entries.get('location') ?? '';
  const parts = location.split(/[/\\]/);
  if (location === '') throw bad(model, tensor, 'is stored in another file that is not named', 'Export the model again.');
  if (/^([a-z]:|[/\\])/i.test(location) || location.includes('\0') || parts.includes('..')) {
    throw bad(model, tensor, `is stored in \`${location}\`, outside the folder of the model`, 'Put the file beside the model and export again.');
  }
  const read = (key: string): number | null => {
    const text = entries.get(key);
    if (text === undefined) return null;
    if (!WHOLE_NUMBER.test(text)) throw bad(model, tensor, `has the ${key} \`${text}\` in \`${location}\``, 'Export the model again.');
    return Number(text);
  };
  return { location: parts.join('/'), offset: read('offset') ?? 0, length: read('length') };
}

const isExternal = ({ dataLocation }: TensorProto): boolean => dataLocation === TensorProto_DataLocation.EXTERNAL;

function load(model: string, tensor: TensorProto, read: ExternalReader): TensorProto {
  const found = read(placeOf(model, tensor));
  if (!(found instanceof Uint8Array)) return fileTensor(tensor, found.place, found.read);
  const loaded = copyWith(tensor, { rawData: found, externalData: [] });
  clearField(loaded, TensorProtoSchema.field.dataLocation);
  return loaded;
}

/** Puts the bytes of external tensors into a model that was just parsed, also in branches and loop bodies. */
export function attachExternalData(proto: ModelProto, model: string, read: ExternalReader): void {
  const visit = (graph: GraphProto): void => {
    graph.initializer = graph.initializer.map((tensor) => (isExternal(tensor) ? load(model, tensor, read) : tensor));
    for (const node of graph.node) visitAttributes(node.attribute);
  };
  const visitAttributes = (attributes: GraphProto['node'][number]['attribute']): void => {
    for (const attribute of attributes) {
      if (attribute.t && isExternal(attribute.t)) attribute.t = load(model, attribute.t, read);
      for (const graph of attribute.g ? [attribute.g, ...attribute.graphs] : attribute.graphs) visit(graph);
    }
  };
  if (proto.graph) visit(proto.graph);
  for (const { node } of proto.functions) for (const { attribute } of node) visitAttributes(attribute);
}

/** A stored tensor that refers to bytes in another file. */
export function externalTensor(tensor: TensorProto, { location, offset, length }: ExternalPlace): TensorProto {
  const entries = { location, offset: String(offset), ...(length !== null && { length: String(length) }) };
  return copyWith(tensor, {
    rawData: new Uint8Array(0),
    dataLocation: TensorProto_DataLocation.EXTERNAL,
    externalData: Object.entries(entries).map(([key, value]) => create(StringStringEntryProtoSchema, { key, value })),
  });
}
