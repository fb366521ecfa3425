import { attributeInt, attributeString, hasAttribute, intAttribute, normalAxis } from '@pellucid/onnx-graph';
import { knownShape, reshapeLike } from '../engine/emitter.ts';
import type { GradientRule, RuleContext } from '../engine/gradient-rule.ts';
import { positionsAlong, scatterAlong, zerosIn } from './linear-maps.ts';
import { addElements, takeElements } from './selections.ts';

/** How a scatter meets what was there: `none` replaces it, `add` adds to it. */
function reductionOf({ emit, node }: RuleContext): 'none' | 'add' {
  const reduction = attributeString(node, 'reduction', 'none');
  if (reduction !== 'none' && reduction !== 'add') return emit.fail(`its reduction is \`${reduction}\``, '`none` and `add` have a rule.');
  return reduction;
}

/** y = x but for the elements at the indices, which are replaced or added to: dx = dy without the replaced ones, du = dy at the indices. */
export const scatterElements: GradientRule = (context) => {
  const { emit, node, dy, inputs: [x = '', indices = '', updates = ''], wanted } = context;
  const axis = normalAxis(attributeInt(node, 'axis', 0), knownShape(emit, x).length);
  const along = [intAttribute('axis', axis)];
  const replaces = reductionOf(context) === 'none';
  const dx = (): string => (replaces ? emit.op(node.opType, [dy, indices, zerosIn(emit, updates)], along) : dy);
  const du = (): string => (emit.opset >= 11 ? emit.op('GatherElements', [dy, indices], along) : takeElements(emit, dy, indices, axis));
  return [wanted[0] ? dx() : null, null, wanted[2] ? du() : null];
};

/** As ScatterElements, with whole slices. */
export const scatterND: GradientRule = (context) => {
  const { emit, dy, inputs: [, indices = '', updates = ''], wanted } = context;
  const replaces = reductionOf(context) === 'none';
  const dx = (): string => (replaces ? emit.op('ScatterND', [dy, indices, zerosIn(emit, updates)]) : dy);
  return [wanted[0] ? dx() : null, null, wanted[2] ? emit.op('GatherND', [dy, indices]) : null];
};

/** Each of the chosen values gets its part of dy; the positions are the second output. */
export const topK: GradientRule = ({ emit, node, dy, inputs, outputs: [, indices = ''] }) => {
  const [x = ''] = inputs;
  if (indices === '') return emit.fail('its second output, which tells the positions, is left out', 'Export the model with both outputs.');
  const axis = normalAxis(attributeInt(node, 'axis', -1), knownShape(emit, x).length);
  // No position comes twice, so that nothing needs adding.
  const dx = emit.opset >= 11 ? emit.op('ScatterElements', [zerosIn(emit, x), indices, dy], [intAttribute('axis', axis)]) : addElements(emit, dy, x, indices, axis);
  return inputs.map((_, i) => (i === 0 ? dx : null));
};

/** Each kept row gets its part of dy; without an axis the elements are counted in row-major order. */
export const compress: GradientRule = ({ emit, node, dy, inputs: [x = '', condition = ''], wanted }) => {
  if (!wanted[0]) return [null, null];
  const flattens = !hasAttribute(node, 'axis');
  const from = flattens ? emit.op('Reshape', [x, emit.integers([-1])]) : x;
  const axis = flattens ? 0 : normalAxis(attributeInt(node, 'axis', 0), knownShape(emit, x).length);
  const positions = emit.op('Compress', [positionsAlong(emit, from, axis), condition], [intAttribute('axis', 0)]);
  const dx = scatterAlong(emit, dy, from, axis, positions);
  return [flattens ? reshapeLike(emit, dx, x) : dx, null];
};

/** Reversing the same part of each sequence again undoes it. */
export const reverseSequence: GradientRule = ({ emit, node, dy, inputs: [, lengths = ''] }) =>
  [emit.op('ReverseSequence', [dy, lengths], node.attribute), null];

/** y_i sums x up to i: dx_i sums dy from i on. */
export const cumulativeSum: GradientRule = ({ emit, node, dy, inputs: [, axis = ''] }) => {
  const reverse = intAttribute('reverse', 1 - attributeInt(node, 'reverse', 0));
  return [emit.op('CumSum', [dy, axis], [intAttribute('exclusive', attributeInt(node, 'exclusive', 0)), reverse]), null];
};

/** The same triangle of dy. */
export const triangle: GradientRule = ({ emit, node, dy, inputs }) => {
  const part = emit.op('Trilu', [dy, ...inputs.slice(1)], node.attribute);
  return inputs.map((_, i) => (i === 0 ? part : null));
};

/** The element that each maximum came from gets what was put in its place: dy there. */
export const maxUnpool: GradientRule = ({ emit, dy, inputs }) => {
  const dx = emit.op('Gather', [emit.op('Reshape', [dy, emit.integers([-1])]), inputs[1] ?? ''], [intAttribute('axis', 0)]);
  return inputs.map((_, i) => (i === 0 ? dx : null));
};
