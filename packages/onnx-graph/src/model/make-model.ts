import { create } from '@bufbuild/protobuf';
import {
  GraphProtoSchema, ModelProtoSchema, OperatorSetIdProtoSchema, type NodeProto, type TensorProto, type ValueInfoProto,
} from 'onnx-buf';
import { checkModel } from './check-model.ts';
import type { OnnxModel } from './onnx-model.ts';

/** The parts of a new model of the standard operator set. */
export interface ModelParts {
  readonly name: string;
  /** Version of the standard operator set. */
  readonly opset: number;
  readonly producer: string;
  /** In the order of execution. */
  readonly nodes: readonly NodeProto[];
  readonly initializers: readonly TensorProto[];
  readonly inputs: readonly ValueInfoProto[];
  readonly outputs: readonly ValueInfoProto[];
}

/** The version of the file format that came with operator sets 15 to 18: runtimes of that time accept it. */
const IR_VERSION = 8n;

/** Makes a model from nodes. @throws MODEL_INVALID when the parts do not fit together. */
export function makeModel({ name, opset, producer, nodes, initializers, inputs, outputs }: ModelParts): OnnxModel {
  const graph = create(GraphProtoSchema, {
    name, node: [...nodes], initializer: [...initializers], input: [...inputs], output: [...outputs],
  });
  const opsetImport = [create(OperatorSetIdProtoSchema, { domain: '', version: BigInt(opset) })];
  const proto = create(ModelProtoSchema, { irVersion: IR_VERSION, producerName: producer, opsetImport, graph });
  const model = { name, proto, graph };
  checkModel(model);
  return model;
}
