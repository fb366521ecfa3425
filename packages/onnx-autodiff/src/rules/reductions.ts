import { attributeInt, ElementType, intAttribute, intsAttribute, reducedAxes } from '@pellucid/onnx-graph';
import { expandAxes, knownShape, runtimeShape, unsqueeze } from '../engine/emitter.ts';
import type { GradientRule, RuleContext } from '../engine/gradient-rule.ts';

function axesOf({ emit, node, opset, inputs: [x = ''], types }: RuleContext): readonly number[] {
  return reducedAxes({ node, opset, inputs: types }, knownShape(emit, x).length) ?? emit.fail('its axes are not known before it runs');
}

/** dy, with the reduced axes as length 1 again, spread over them. */
function spread(context: RuleContext, dy: string, axes: readonly number[]): string {
  const { emit, node, inputs: [x = ''] } = context;
  if (axes.length === 0) return dy;
  const kept = attributeInt(node, 'keepdims', 1) === 1;
  return expandAxes(emit, kept ? dy : unsqueeze(emit, dy, axes), x, axes);
}

/** dy at every position that was summed. */
export const reduceSum: GradientRule = (context) =>
  context.inputs.map((_, i) => (i === 0 ? spread(context, context.dy, axesOf(context)) : null));

/** dy / n at every position that was averaged; n is counted at run time where a length is free. */
export const reduceMean: GradientRule = (context) => {
  const { emit, dy, inputs } = context;
  const [x = ''] = inputs;
  const axes = axesOf(context);
  const shape = knownShape(emit, x);
  const known = axes.every((axis) => typeof shape[axis] === 'number');
  const count = axes.reduce((product, axis) => product * Number(shape[axis]), 1);
  let share: string;
  if (known) {
    share = emit.op('Mul', [dy, emit.scalar(1 / count, dy)]);
  } else {
    const lengths = emit.op('Gather', [runtimeShape(emit, x), emit.integers(axes)], [intAttribute('axis', 0)]);
    const keep = intAttribute('keepdims', 0);
    const product = emit.opset >= 18
      ? emit.op('ReduceProd', [lengths, emit.integers([0])], [keep])
      : emit.op('ReduceProd', [lengths], [intsAttribute('axes', [0]), keep]);
    share = emit.op('Div', [dy, emit.op('Cast', [product], [intAttribute('to', emit.typeOf(dy).elementType || ElementType.FLOAT)])]);
  }
  const dx = spread(context, share, axes);
  return inputs.map((_, i) => (i === 0 ? dx : null));
};
