import { concreteShape, intsAttribute } from '@pellucid/onnx-graph';
import { knownShape, type Emitter } from '../engine/emitter.ts';

/** Reverses axes when the model runs. */
function reversed(emit: Emitter, x: string, axes: readonly number[]): string {
  // Past the first element: the least that fits 32 bits, which the runtime clamps.
  const forAll = (value: number): string => emit.integers(axes.map(() => value));
  return emit.op('Slice', [x, forAll(-1), forAll(-(2 ** 31) + 1), emit.integers(axes), forAll(-1)]);
}

/** Weights [O, C/g, k...] that the model computes as [C, O/g, k...], every spatial axis reversed. `null` where this does not apply. */
export function flippedComputedWeights(emit: Emitter, w: string, groups: number): string | null {
  const shape = concreteShape(knownShape(emit, w));
  // Slices with steps came with opset 10.
  if (!emit.uses('flipped-computed-weights') || !shape || emit.opset < 10) return null;
  const [outputs = 0, perGroup = 0, ...kernel] = shape;
  return emit.once(`flipped ${groups} ${w}`, () => {
    const grouped = emit.op('Reshape', [w, emit.integers([groups, outputs / groups, perGroup, ...kernel])]);
    const exchanged = emit.op('Transpose', [grouped], [intsAttribute('perm', [0, 2, 1, ...kernel.map((_, i) => i + 3)])]);
    const joined = emit.op('Reshape', [exchanged, emit.integers([groups * perGroup, outputs / groups, ...kernel])]);
    return kernel.every((size) => size === 1) ? joined : reversed(emit, joined, kernel.map((_, i) => i + 2));
  });
}
