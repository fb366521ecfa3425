import { concreteShape, intsAttribute } from '@pellucid/onnx-graph';
import { addAll, knownShape, type Emitter } from '../engine/emitter.ts';
import { flippedWeights } from '../rules/flipped-weights.ts';
import { isBlocked } from './blocked-layout.ts';
import type { StridedConvolution } from './phase-convolutions.ts';

/** Tensors of positions modulo the strides, columns in rows; `null` where all are 0. */
type Phases = readonly (readonly (string | null)[])[];

/** The data gradient of a convolution with strides as what its phases hold. */
export interface PhasedGradient {
  /** Equal where phases fit each other. */
  readonly geometry: string;
  readonly strides: readonly number[];
  readonly phases: () => Phases;
  /** Interleaves phases, where all have values. */
  readonly join: ((phases: readonly (readonly string[])[]) => string) | null;
}

const PHASED = new WeakMap<Emitter, Map<string, PhasedGradient>>();

function note(emit: Emitter, dx: string, gradient: PhasedGradient): void {
  const known = PHASED.get(emit) ?? new Map<string, PhasedGradient>();
  PHASED.set(emit, known.set(dx, gradient));
}

/** What is known of a gradient by phases. */
export const phasedGradient = (emit: Emitter, dx: string): PhasedGradient | undefined => PHASED.get(emit)?.get(dx);

const geometryOf = (lengths: readonly number[], strides: readonly number[]): string => `${lengths.join()} by ${strides.join()}`;

/** Remembers which phases a gradient was joined of. */
export function notePhases(
  emit: Emitter, dx: string, phases: readonly (readonly string[])[], lengths: readonly number[], strides: readonly number[], join: NonNullable<PhasedGradient['join']>,
): void {
  note(emit, dx, { geometry: geometryOf(lengths, strides), strides, phases: () => phases, join });
}

/** Remembers that the gradient of a convolution by one element, as shortcuts of residual networks have it, is 0 but in the first phase. */
export function noteShortcut(emit: Emitter, dx: string, { dy, w, x, y, geometry: { kernel, strides, padsBegin, padsEnd }, groups }: StridedConvolution): void {
  const weights = emit.stored(w);
  const [, channels, ...spatial] = knownShape(emit, x);
  const lengths = concreteShape(spatial);
  const isPlain = kernel.length === 2 && groups === 1 && kernel.every((size) => size === 1) && [...padsBegin, ...padsEnd].every((pad) => pad === 0);
  if (!weights || !lengths || !isPlain || !isBlocked(emit, y) || Number(channels) % 16 !== 0) return;
  const phases = (): Phases => {
    const turned = emit.once(`flipped ${groups} ${w}`, () => {
      const { shape, values } = flippedWeights(weights, groups);
      return emit.constant(shape, values, w);
    });
    const first = emit.op('Conv', [dy, turned], [intsAttribute('kernel_shape', kernel)]);
    return Array.from({ length: strides[0]! }, (_, row) => Array.from({ length: strides[1]! }, (__, column) => (row + column === 0 ? first : null)));
  };
  note(emit, dx, { geometry: geometryOf(lengths, strides), strides, phases, join: null });
}

/**
 * The sum of gradients of which several are known by phases: these are added up phase by phase before they are interleaved, where the runtime adds while
 * it convolves. `null` where this does not apply.
 */
export function sumOfPhases(emit: Emitter, terms: readonly string[]): string | null {
  const known = PHASED.get(emit);
  if (!emit.uses('shortcut-phases') || known === undefined) return null;
  const whole = terms.flatMap((term) => known.get(term) ?? []).find(({ join }) => join !== null);
  const fitting = terms.filter((term) => whole !== undefined && known.get(term)?.geometry === whole.geometry);
  if (!whole?.join || fitting.length < 2) return null;
  const grids = fitting.map((term) => known.get(term)?.phases() ?? []);
  const sums = whole.phases().map((row, a) => row.map((_, b) => addAll(emit, grids.flatMap((grid) => grid[a]?.[b] ?? []))));
  return addAll(emit, [whole.join(sums), ...terms.filter((term) => !fitting.includes(term))]);
}
