import { create } from '@bufbuild/protobuf';
import { NodeProtoSchema, type AttributeProto, type NodeProto } from 'onnx-buf';

/** What errors call a node: its name, or what it makes. */
export function nodeTitle(node: NodeProto): string {
  return node.name !== '' ? node.name : (node.output.find((output) => output !== '') ?? node.opType);
}

/** A new node of the standard operator set, named after its first output. */
export function makeNode(
  opType: string, input: readonly string[], output: readonly string[], attribute: readonly AttributeProto[] = [],
): NodeProto {
  return create(NodeProtoSchema, { opType, input: [...input], output: [...output], attribute: [...attribute], name: output[0] ?? opType });
}
