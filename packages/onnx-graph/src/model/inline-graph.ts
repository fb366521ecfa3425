import {
  AttributeProto_AttributeType as AttributeType,
  type AttributeProto, type GraphProto, type NodeProto, type TensorProto, type ValueInfoProto,
} from 'onnx-buf';
import { copyWith } from './onnx-model.ts';

/** Gives each tensor of a body its name in the graph that the body is put into. */
export type Rename = (name: string) => string;

/** Attribute values that a function's caller passes. */
export type Arguments = ReadonlyMap<string, AttributeProto>;

function bindAttribute(attribute: AttributeProto, values: Arguments, rename: Rename): AttributeProto | null {
  if (attribute.refAttrName !== '') {
    const value = values.get(attribute.refAttrName);
    return value === undefined ? null : copyWith(value, { name: attribute.name });
  }
  if (attribute.type !== AttributeType.GRAPH && attribute.type !== AttributeType.GRAPHS) return attribute;
  const changes: Partial<AttributeProto> = { graphs: attribute.graphs.map((graph) => bindGraph(graph, values, rename)) };
  if (attribute.g) changes.g = bindGraph(attribute.g, values, rename);
  return copyWith(attribute, changes);
}

function bindGraph(graph: GraphProto, values: Arguments, rename: Rename): GraphProto {
  const renamed = <Message extends TensorProto | ValueInfoProto>(message: Message): Message => copyWith<Message>(message, { name: rename(message.name) } as Partial<Message>);
  return copyWith(graph, {
    node: graph.node.map((node) => bindNode(node, values, rename)),
    initializer: graph.initializer.map(renamed), input: graph.input.map(renamed), output: graph.output.map(renamed), valueInfo: graph.valueInfo.map(renamed),
  });
}

/** A node of a body as it stands in another graph. Its tensors, and those of graphs inside it, get other names. */
export function bindNode(node: NodeProto, values: Arguments, rename: Rename): NodeProto {
  const name = (tensor: string): string => (tensor === '' ? '' : rename(tensor));
  return copyWith(node, {
    input: node.input.map(name),
    output: node.output.map(name),
    attribute: node.attribute.map((attribute) => bindAttribute(attribute, values, rename)).filter((attribute) => attribute !== null),
  });
}
