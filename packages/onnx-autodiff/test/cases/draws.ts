import { ElementType, intsAttribute, makeTensor, type AttributeProto, type TensorProto } from '@pellucid/onnx-graph';

/** Away from 0 by at least a quarter. */
export const offZero = (draw: number): number => draw + Math.sign(draw) * 0.25;
/** Positive, away from 0. */
export const positive = (draw: number): number => Math.abs(draw) + 0.5;
/** No two values within reach of a step of each other, so that no maximum changes hands. */
export const distinct = (_: number, index: number): number => (((index * 7919) % 1009) - 500) / 2;

/** A stored number. */
export const scalar = (name: string, value: number, single = false): TensorProto =>
  makeTensor(name, single ? ElementType.FLOAT : ElementType.DOUBLE, [], [value]);
/** A stored list in single precision. */
export const floatList = (name: string, values: readonly number[]): TensorProto => makeTensor(name, ElementType.FLOAT, [values.length], values);

/** A list of numbers as an attribute. */
export const floatsAttribute = (name: string, values: readonly number[]): AttributeProto => ({ ...intsAttribute(name, []), type: 6, floats: [...values] });
