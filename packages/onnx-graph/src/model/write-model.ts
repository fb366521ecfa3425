import { toBinary } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { PellucidError } from '@pellucid/core';
import { GraphProtoSchema, ModelProtoSchema, TensorProtoSchema, type TensorProto } from 'onnx-buf';
import { copyWith, type OnnxModel } from './onnx-model.ts';

/** No protobuf message may be longer. */
export const LONGEST_MESSAGE: number = 2 ** 31 - 1;

const NONE = new Uint8Array(0);
const sizeOfAll = (chunks: readonly Uint8Array[]): number => chunks.reduce((sum, { length }) => sum + length, 0);

/** The parts of a field that holds the given bytes. */
function framed(schema: { readonly field: Readonly<Record<string, { readonly number: number } | undefined>> }, name: string, chunks: readonly Uint8Array[]): Uint8Array[] {
  const number = schema.field[name]?.number;
  if (number === undefined) throw new Error(`internal: there is no field ${name}`);
  const header = new BinaryWriter().tag(number, WireType.LengthDelimited).uint32(sizeOfAll(chunks)).finish();
  return [header, ...chunks];
}

function tensorChunks(tensor: TensorProto): Uint8Array[] {
  if (tensor.rawData.length === 0) return [toBinary(TensorProtoSchema, tensor)];
  return [toBinary(TensorProtoSchema, copyWith(tensor, { rawData: NONE })), ...framed(TensorProtoSchema, 'rawData', [tensor.rawData])];
}

/**
 * The bytes of an ONNX file, in parts: the weights are views of where they are now. (The protobuf writer would copy them once for each
 * message that they are nested in.)
 * @throws MODEL_UNSUPPORTED for more than 2 GiB, which need external data.
 */
export function modelChunks(model: OnnxModel): readonly Uint8Array[] {
  const { proto, graph, name } = model;
  const frame = copyWith(graph, { initializer: [] });
  const weights = graph.initializer.flatMap((tensor) => framed(GraphProtoSchema, 'initializer', tensorChunks(tensor)));
  const total = sizeOfAll(weights);
  if (total >= LONGEST_MESSAGE) {
    throw new PellucidError('MODEL_UNSUPPORTED', {
      model: name, problem: `its weights take ${total} bytes, and one file holds at most 2 GiB`, help: 'Keep its weights as external data.',
    });
  }
  const outer = copyWith(proto, {});
  delete outer.graph;
  return [toBinary(ModelProtoSchema, outer), ...framed(ModelProtoSchema, 'graph', [toBinary(GraphProtoSchema, frame), ...weights])];
}

/** The bytes of an ONNX file that holds the model. Weights are copied once. @throws MODEL_UNSUPPORTED for more than 2 GiB. */
export function writeModel(model: OnnxModel): Uint8Array {
  const chunks = modelChunks(model);
  const bytes = new Uint8Array(sizeOfAll(chunks));
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}
