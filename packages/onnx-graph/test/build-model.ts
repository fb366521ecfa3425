import { create } from '@bufbuild/protobuf';
import { GraphProtoSchema, ModelProtoSchema, OperatorSetIdProtoSchema } from 'onnx-buf';
import { makeValueInfo, type NodeProto, type OnnxModel, type TensorProto, type TensorType } from '../src/index.ts';

/** A small model for a test. */
export function buildModel(
  nodes: readonly NodeProto[], inputs: Readonly<Record<string, TensorType>>, outputs: readonly string[],
  constants: readonly TensorProto[] = [], opset = 17,
): OnnxModel {
  const graph = create(GraphProtoSchema, {
    name: 'test', node: [...nodes], initializer: [...constants],
    input: Object.entries(inputs).map(([name, type]) => makeValueInfo(name, type)),
    output: outputs.map((name) => makeValueInfo(name, { elementType: 1, shape: null })),
  });
  const proto = create(ModelProtoSchema, { irVersion: 8n, graph, opsetImport: [create(OperatorSetIdProtoSchema, { domain: '', version: BigInt(opset) })] });
  return { name: 'test.onnx', proto, graph };
}
