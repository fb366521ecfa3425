import type { NodeProto } from 'onnx-buf';
import { attributeInts } from '../node/attributes.ts';
import { concreteShape } from './dimension.ts';
import type { Dimension, TensorType } from './tensor-type.ts';

/** A node with what is known of its inputs. An omitted optional input is `undefined`. */
export interface ShapeContext {
  readonly node: NodeProto;
  readonly opset: number;
  readonly inputs: readonly (TensorType | undefined)[];
}

/** Tells the types of a node's outputs, in order. An output that it leaves out is unknown. */
export type ShapeRule = (context: ShapeContext) => readonly TensorType[];

/** More contents than this are not followed: shapes and axes are short, weights are long. */
export const MOST_VALUES = 1024;

/** Known contents of an input, or `null`. */
export function inputValues({ inputs }: ShapeContext, index: number): readonly Dimension[] | null {
  return inputs[index]?.values ?? null;
}

/** Known numeric contents of an input, or `null`. */
export function inputNumbers(context: ShapeContext, index: number): readonly number[] | null {
  return concreteShape(inputValues(context, index));
}

/** Integers that older operator sets keep in an attribute and newer ones take as an input; `undefined` when neither is there. */
export function listOf(context: ShapeContext, name: string, index: number): readonly number[] | null | undefined {
  const attribute = attributeInts(context.node, name, null);
  if (attribute) return attribute;
  return context.inputs[index] ? inputNumbers(context, index) : undefined;
}

/** Element type of an input; 0 when unknown. */
export function elementTypeOf({ inputs }: ShapeContext, index: number): number {
  return inputs[index]?.elementType ?? 0;
}

/** One output with the element type of the first input. */
export function likeFirst(context: ShapeContext, shape: readonly Dimension[] | null): readonly TensorType[] {
  return [{ elementType: elementTypeOf(context, 0), shape }];
}
