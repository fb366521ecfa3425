import { attributeInt } from '../node/attributes.ts';
import { inputNumbers, inputValues, likeFirst, type ShapeRule } from './context.ts';
import { multiplyDimensions, normalAxis } from './dimension.ts';
import type { Dimension } from './tensor-type.ts';

const half = (length: Dimension, oneSided: boolean): Dimension => {
  if (!oneSided) return length;
  return typeof length === 'number' ? Math.floor(length / 2) + 1 : null;
};

/** The spectrum along an axis; real and imaginary parts are the last axis. */
export const fourierTransform: ShapeRule = (context) => {
  const { node, opset, inputs: [x, length, axisInput] } = context;
  if (!x?.shape) return likeFirst(context, null);
  const { length: rank } = x.shape;
  const stated = axisInput ? (inputNumbers(context, 2)?.[0] ?? null) : attributeInt(node, 'axis', opset >= 20 ? -2 : 1);
  const at = stated === null ? null : normalAxis(stated, rank);
  const given = length ? (inputValues(context, 1)?.[0] ?? null) : undefined;
  const oneSided = attributeInt(node, 'onesided', 0) === 1;
  return likeFirst(context, x.shape.map((own, axis): Dimension => {
    if (axis === rank - 1) return 2;
    if (at === null) return null;
    return axis === at ? half(given === undefined ? own : given, oneSided) : own;
  }));
};

/** [B, frames, bins, 2] */
export const shortTimeFourierTransform: ShapeRule = (context) => {
  const { node, inputs: [x, , window, length] } = context;
  const step = inputNumbers(context, 1)?.[0];
  const frame = window ? (window.shape?.[0] ?? null) : length ? (inputNumbers(context, 3)?.[0] ?? null) : null;
  const time = x?.shape?.[1] ?? null;
  const frames = typeof time === 'number' && typeof frame === 'number' && step !== undefined ? Math.floor((time - frame) / step) + 1 : null;
  return likeFirst(context, [x?.shape?.[0] ?? null, frames, half(frame, attributeInt(node, 'onesided', 1) === 1), 2]);
};

/** [N, C, ...image] from blocks [N, C k, L]. */
export const blocksToImage: ShapeRule = (context) => {
  const { inputs: [x] } = context;
  const image = inputValues(context, 1);
  const block = inputNumbers(context, 2);
  const channels = x?.shape?.[1] ?? null;
  if (!x?.shape || !image || !block) return likeFirst(context, null);
  const taps = block.reduce((product, length) => product * length, 1);
  return likeFirst(context, [x.shape[0] ?? null, typeof channels === 'number' ? channels / taps : null, ...image.map((length) => multiplyDimensions([length]))]);
};
