import { intAttribute } from '@pellucid/onnx-graph';
import { addAll, equal } from '../engine/emitter.ts';
import type { GradientRule } from '../engine/gradient-rule.ts';

/** y = max(a, b, ...) or min: where several operands hold the extremum each gets an equal share, as in PyTorch. */
export const extremum: GradientRule = ({ emit, dy, inputs, outputs: [y = ''], wanted }) => {
  if (inputs.length === 1) return [dy];
  const held = inputs.map((x) => emit.op('Cast', [equal(emit, x, y)], [intAttribute('to', emit.typeOf(y).elementType)]));
  const [first = '', ...rest] = held;
  // The operands may have unequal shapes: only two at a time broadcast in every operator set.
  const count = rest.reduce((sum, mask) => addAll(emit, [sum, mask]), first);
  const share = emit.op('Div', [dy, count]);
  return held.map((mask, i) => (wanted[i] ? emit.op('Mul', [share, mask]) : null));
};

/** y = (a + b + ...) / n; every term gets dy / n. */
export const mean: GradientRule = ({ emit, dy, inputs }) => {
  const share = inputs.length === 1 ? dy : emit.op('Mul', [dy, emit.scalar(1 / inputs.length, dy)]);
  return inputs.map(() => share);
};
