import { create } from '@bufbuild/protobuf';
import {
  AttributeProto_AttributeType, AttributeProtoSchema, type AttributeProto, type GraphProto, type NodeProto, type TensorProto,
} from 'onnx-buf';

const { FLOAT, INT, INTS, STRING, TENSOR } = AttributeProto_AttributeType;

function find(node: NodeProto, name: string): AttributeProto | undefined {
  return node.attribute.find((attribute) => attribute.name === name);
}

/** Whether a node sets an attribute. */
export function hasAttribute(node: NodeProto, name: string): boolean {
  return find(node, name) !== undefined;
}

/** An integer attribute. */
export function attributeInt<Fallback extends number | null>(node: NodeProto, name: string, fallback: Fallback): number | Fallback {
  const found = find(node, name);
  return found ? Number(found.i) : fallback;
}

/** A floating-point attribute. */
export function attributeFloat<Fallback extends number | null>(node: NodeProto, name: string, fallback: Fallback): number | Fallback {
  return find(node, name)?.f ?? fallback;
}

/** A list of integers. */
export function attributeInts<Fallback extends readonly number[] | null>(
  node: NodeProto, name: string, fallback: Fallback,
): readonly number[] | Fallback {
  const found = find(node, name);
  return found ? found.ints.map(Number) : fallback;
}

/** A text attribute. */
export function attributeString(node: NodeProto, name: string, fallback: string): string {
  const found = find(node, name);
  return found ? new TextDecoder().decode(found.s) : fallback;
}

/** A tensor attribute. */
export function attributeTensor(node: NodeProto, name: string): TensorProto | undefined {
  return find(node, name)?.t;
}

/** The graphs inside a node: branches and loop bodies. */
export function attributeGraphs(node: NodeProto): readonly GraphProto[] {
  return node.attribute.flatMap(({ g, graphs }) => (g ? [g, ...graphs] : graphs));
}

/** Makes an integer attribute. */
export function intAttribute(name: string, value: number): AttributeProto {
  return create(AttributeProtoSchema, { name, type: INT, i: BigInt(value) });
}

/** Also for what a damaged model leaves out, which the compiler does not see. */
function wholeNumber(value: number | undefined): bigint {
  if (value === undefined) throw new RangeError('a number is missing in a list');
  return BigInt(value);
}

/** Makes a list of integers. @throws RangeError for a value that is no integer. */
export function intsAttribute(name: string, values: readonly number[]): AttributeProto {
  return create(AttributeProtoSchema, { name, type: INTS, ints: values.map(wholeNumber) });
}

/** Makes a floating-point attribute. */
export function floatAttribute(name: string, value: number): AttributeProto {
  return create(AttributeProtoSchema, { name, type: FLOAT, f: value });
}

/** Makes a text attribute. */
export function stringAttribute(name: string, value: string): AttributeProto {
  return create(AttributeProtoSchema, { name, type: STRING, s: new TextEncoder().encode(value) });
}

/** Makes a tensor attribute. */
export function tensorAttribute(name: string, value: TensorProto): AttributeProto {
  return create(AttributeProtoSchema, { name, type: TENSOR, t: value });
}
