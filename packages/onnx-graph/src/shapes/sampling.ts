import { attributeInt } from '../node/attributes.ts';
import { inputValues, likeFirst, type ShapeRule } from './context.ts';

/** [N, C, ...places of the grid] */
export const gridSample: ShapeRule = (context) => {
  const [x, grid] = context.inputs;
  return likeFirst(context, x?.shape && grid?.shape ? [grid.shape[0] ?? null, x.shape[1] ?? null, ...grid.shape.slice(1, -1)] : null);
};

/** [N, ...lengths, 2 or 3] from the lengths of an image [N, C, ...lengths]. */
export const affineGrid: ShapeRule = (context) => {
  const [theta, size] = context.inputs;
  const lengths = inputValues(context, 1);
  if (lengths) return likeFirst(context, [theta?.shape?.[0] ?? lengths[0] ?? null, ...lengths.slice(2), lengths.length - 2]);
  const rank = size?.shape?.[0];
  return likeFirst(context, typeof rank === 'number' ? [theta?.shape?.[0] ?? null, ...Array.from({ length: rank - 2 }, () => null), rank - 2] : null);
};

/** [regions, C, height, width] */
export const roiAlign: ShapeRule = (context) => {
  const { node, inputs: [x, rois] } = context;
  return likeFirst(context, x?.shape && rois?.shape
    ? [rois.shape[0] ?? null, x.shape[1] ?? null, attributeInt(node, 'output_height', 1), attributeInt(node, 'output_width', 1)]
    : null);
};

/** The stack of matrices without their axes. */
export const determinant: ShapeRule = (context) => likeFirst(context, context.inputs[0]?.shape?.slice(0, -2) ?? null);
