import { attributeInt, attributeInts, attributeString, concreteShape, intAttribute, normalAxis, stringAttribute } from '@pellucid/onnx-graph';
import { knownShape, padZeros, reduceSum, sliceAxes, type Emitter } from '../engine/emitter.ts';
import type { GradientRule, RuleContext } from '../engine/gradient-rule.ts';
import { positionsAlong, scatterAlong } from './linear-maps.ts';

/** Padding before and after an axis, as an int64 list of two. */
type PadsOf = (axis: number) => string | null;

/** The padding of each axis: numbers where they are known, else what the graph computes; `null` for axes that get none. */
function paddingOf({ emit, node, inputs }: RuleContext, rank: number): { numbers: readonly number[] | null; tensors: PadsOf } {
  const [, pads = '', , axesInput = ''] = inputs;
  const axes = axesInput === '' ? Array.from({ length: rank }, (_, axis) => axis) : concreteShape(emit.typeOf(axesInput).values);
  if (!axes) return emit.fail('the axes that it pads are not known before it runs', 'Export the model with known axes.');
  const given = axes.map((axis) => normalAxis(axis, rank));
  const known = attributeInts(node, 'pads', null) ?? concreteShape(emit.typeOf(pads).values);
  if (known) {
    const numbers = Array.from({ length: 2 * rank }, () => 0);
    for (const [i, axis] of given.entries()) {
      numbers[axis] = known[i]!;
      numbers[axis + rank] = known[i + given.length]!;
    }
    return { numbers, tensors: (axis) => (numbers[axis] === 0 && numbers[axis + rank] === 0 ? null : emit.integers([numbers[axis]!, numbers[axis + rank]!])) };
  }
  const tensors: PadsOf = (axis) => {
    const i = given.indexOf(axis);
    return i < 0 ? null : emit.op('Gather', [pads, emit.integers([i, i + given.length])], [intAttribute('axis', 0)]);
  };
  return { numbers: null, tensors };
}

/**
 * The middle of dy, and what each mode repeats of it summed where it was read: the list of positions is padded in the same mode, -1 standing for the
 * constant.
 */
export const pad: GradientRule = (context) => {
  const { emit, node, dy, inputs, wanted } = context;
  const [x = ''] = inputs;
  if (wanted[2]) return emit.fail('the constant that it pads with depends on the tensor to differentiate at');
  const mode = attributeString(node, 'mode', 'constant');
  const { numbers, tensors } = paddingOf(context, knownShape(emit, x).length);
  if (mode === 'constant' && numbers) {
    const cut = padZeros(emit, dy, numbers.map((length) => (length === 0 ? 0 : -length)));
    return inputs.map((_, i) => (i === 0 ? cut : null));
  }
  if (emit.opset < 11) return emit.fail(`its mode is \`${mode}\`, which before opset 11 works on floating point alone`);
  let dx = dy;
  for (const axis of knownShape(emit, x).keys()) {
    const pads = tensors(axis);
    if (pads === null) continue;
    const marks = mode === 'constant' ? [emit.once('none', () => emit.op('Squeeze', [emit.integers([-1])]))] : [];
    const positions = emit.op('Pad', [positionsAlong(emit, x, axis), pads, ...marks], [stringAttribute('mode', mode)]);
    dx = scatterAlong(emit, dx, x, axis, positions, mode === 'constant');
  }
  const result = dx;
  return inputs.map((_, i) => (i === 0 ? result : null));
};

/** Cut or padded by zeros on both sides: the other way round. */
export const centreCropPad: GradientRule = ({ emit, node, dy, inputs: [x = ''], outputs: [y = ''] }) => {
  const rank = knownShape(emit, x).length;
  const given = attributeInts(node, 'axes', null)?.map((axis) => normalAxis(axis, rank));
  const moved = knownShape(emit, x).map((length, axis) => {
    if (given && !given.includes(axis)) return [0, 0] as const;
    const reached = knownShape(emit, y)[axis];
    if (typeof length !== 'number' || typeof reached !== 'number') return emit.fail('the lengths of its axes are not known', 'Export the model with known shapes.');
    const before = Math.trunc((length - reached) / 2);
    return [before, length - reached - before] as const;
  });
  return [padZeros(emit, dy, [...moved.map(([before]) => before), ...moved.map(([, after]) => after)]), null];
};

/** dy summed over the repetitions. */
export const tile: GradientRule = ({ emit, dy, inputs: [x = '', repeatsInput = ''] }) => {
  const shape = knownShape(emit, x);
  const repeats = concreteShape(emit.typeOf(repeatsInput).values);
  if (!repeats) return tileByPositions(emit, dy, x, repeatsInput);
  if (shape.some((length, axis) => typeof length !== 'number' && shape.findIndex((other) => typeof other !== 'number') !== axis)) {
    return tileByPositions(emit, dy, x, repeatsInput);
  }
  const apart = shape.flatMap((length, axis) => [repeats[axis]!, typeof length === 'number' ? length : -1]);
  const parts = emit.op('Reshape', [dy, emit.integers(apart)]);
  return [reduceSum(emit, parts, shape.map((_, axis) => 2 * axis), false), null];
};

/** The same with the list of positions repeated when the model runs. */
function tileByPositions(emit: Emitter, dy: string, x: string, repeats: string): readonly [string, null] {
  let dx = dy;
  for (const axis of knownShape(emit, x).keys()) {
    const count = emit.opset >= 10
      ? emit.op('Slice', [repeats, emit.integers([axis]), emit.integers([axis + 1])])
      : sliceAxes(emit, repeats, [0], [axis], [axis + 1]);
    dx = scatterAlong(emit, dx, x, axis, emit.op('Tile', [positionsAlong(emit, x, axis), count]));
  }
  return [dx, null];
}

/** Position b of block h, w goes to channel (h B + w) C + b, or b B^2 + h B + w in the other mode. */
export const depthToSpace: GradientRule = ({ emit, node, dy, inputs: [x = ''] }) => {
  const block = attributeInt(node, 'blocksize', 1);
  const dx = emit.op('SpaceToDepth', [dy], [intAttribute('blocksize', block)]);
  if (attributeString(node, 'mode', 'DCR') === 'DCR') return [dx];
  const channels = knownShape(emit, x)[1];
  if (typeof channels !== 'number') return emit.fail('its number of channels is not known', 'Export the model with known channels.');
  const rest = channels / block ** 2;
  const order = Array.from({ length: channels }, (_, i) => (i % block ** 2) * rest + Math.floor(i / block ** 2));
  return [emit.op('Gather', [dx, emit.integers(order)], [intAttribute('axis', 1)])];
};

/** The inverse. */
export const spaceToDepth: GradientRule = ({ emit, node, dy }) => [emit.op('DepthToSpace', [dy], node.attribute)];
