import { clearField, toBinary } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { PellucidError } from '@pellucid/core';
import { GraphProtoSchema, ModelProtoSchema, TensorProtoSchema, type TensorProto } from 'onnx-buf';
import { rawLength } from '../tensor/file-tensor.ts';
import { copyWith, type OnnxModel } from './onnx-model.ts';

/** No protobuf message may be longer. */
export const LONGEST_MESSAGE: number = 2 ** 31 - 1;

/** A part of a file that is written; weights that stay in another file are read when their turn comes. */
export interface Chunk {
  readonly length: number;
  readonly bytes: () => Uint8Array;
}

const chunkOf = (bytes: Uint8Array): Chunk => ({ length: bytes.length, bytes: () => bytes });
const sizeOfAll = (chunks: readonly Chunk[]): number => chunks.reduce((sum, { length }) => sum + length, 0);

/** The raw data of a tensor. */
export const rawChunk = (tensor: TensorProto): Chunk => ({ length: rawLength(tensor), bytes: () => tensor.rawData });

/** The parts of a field that holds the given bytes. */
function framed(schema: { readonly field: Readonly<Record<string, { readonly number: number } | undefined>> }, name: string, chunks: readonly Chunk[]): Chunk[] {
  const number = schema.field[name]?.number;
  if (number === undefined) throw new Error(`internal: there is no field ${name}`);
  const header = new BinaryWriter().tag(number, WireType.LengthDelimited).uint32(sizeOfAll(chunks)).finish();
  return [chunkOf(header), ...chunks];
}

function tensorChunks(tensor: TensorProto): Chunk[] {
  if (rawLength(tensor) === 0) return [chunkOf(toBinary(TensorProtoSchema, tensor))];
  const frame = copyWith(tensor, {});
  clearField(frame, TensorProtoSchema.field.rawData);
  return [chunkOf(toBinary(TensorProtoSchema, frame)), ...framed(TensorProtoSchema, 'rawData', [rawChunk(tensor)])];
}

/**
 * The bytes of an ONNX file, in parts: the weights are views of where they are now. (The protobuf writer would copy them once for each
 * message that they are nested in.)
 * @throws MODEL_UNSUPPORTED for more than 2 GiB, which need external data.
 */
export function modelChunks(model: OnnxModel): readonly Chunk[] {
  const { proto, graph, name } = model;
  const frame = copyWith(graph, { initializer: [] });
  const total = graph.initializer.reduce((sum, tensor) => sum + rawLength(tensor), 0);
  if (total >= LONGEST_MESSAGE) {
    throw new PellucidError('MODEL_UNSUPPORTED', {
      model: name, problem: `its weights take ${total} bytes, and one file holds at most 2 GiB`, help: 'Keep its weights as external data.',
    });
  }
  const weights = graph.initializer.flatMap((tensor) => framed(GraphProtoSchema, 'initializer', tensorChunks(tensor)));
  const outer = copyWith(proto, {});
  delete outer.graph;
  return [chunkOf(toBinary(ModelProtoSchema, outer)), ...framed(ModelProtoSchema, 'graph', [chunkOf(toBinary(GraphProtoSchema, frame)), ...weights])];
}

/** The bytes of an ONNX file that holds the model. Weights are copied once. @throws MODEL_UNSUPPORTED for more than 2 GiB. */
export function writeModel(model: OnnxModel): Uint8Array {
  const chunks = modelChunks(model);
  const written = new Uint8Array(sizeOfAll(chunks));
  let offset = 0;
  for (const { length, bytes } of chunks) {
    written.set(bytes(), offset);
    offset += length;
  }
  return written;
}
