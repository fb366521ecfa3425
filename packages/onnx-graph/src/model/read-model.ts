import { fromBinary } from '@bufbuild/protobuf';
import { PellucidError } from '@pellucid/core';
import { ModelProtoSchema, type ModelProto } from 'onnx-buf';
import { attachExternalData, type ExternalReader } from '../tensor/external-data.ts';
import { checkModel, invalid } from './check-model.ts';
import { expandFunctions } from './expand-functions.ts';
import { foldBranches } from './fold-branches.ts';
import type { OnnxModel } from './onnx-model.ts';
import { sortNodes } from './sort-nodes.ts';

/** The message of an ONNX file. @throws MODEL_INVALID. */
export function parseModel(bytes: Uint8Array, name: string): ModelProto {
  try {
    // A plain view, so that no tensor inherits the habits of a Node Buffer.
    return fromBinary(ModelProtoSchema, new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  } catch (cause) {
    const problem = `it is not a protobuf message, or is cut short (${cause instanceof Error ? cause.message : String(cause)})`;
    throw new PellucidError('MODEL_INVALID', { model: name, format: 'ONNX', problem, help: 'Check that the file is complete.' }, { cause });
  }
}

/**
 * Reads and checks an ONNX file. Tensors stay views of `bytes`, which must not change afterwards. The model's own functions are expanded,
 * each `If` with a constant condition is replaced by the branch that it takes, and nodes that are not sorted are.
 * @param readExternal - gives weights that lie in other files; without it these are an error
 * @throws MODEL_INVALID for anything that is not a whole, consistent model; MODEL_UNSUPPORTED for weights in files that cannot be read.
 */
export function readModel(bytes: Uint8Array, name: string, readExternal?: ExternalReader): OnnxModel {
  return checkedModel(parseModel(bytes, name), name, readExternal);
}

/** The model that a message holds, as `readModel` gives it. The message may be changed. */
export function checkedModel(proto: ModelProto, name: string, readExternal?: ExternalReader): OnnxModel {
  if (!proto.graph) throw invalid(name, 'it holds no graph', 'Check that the file is an ONNX model.');
  if (readExternal) attachExternalData(proto, name, readExternal);
  proto.graph.node = [...sortNodes(proto.graph.node)];
  const read = { name, proto, graph: proto.graph };
  checkModel(read);
  const model = expandFunctions(read);
  if (model !== read) checkModel(model);
  return foldBranches(model);
}
