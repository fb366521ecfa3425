import { concreteShape, intAttribute, intsAttribute, type WindowGeometry } from '@pellucid/onnx-graph';
import { knownShape, sliceAxes, unsqueeze, type Emitter } from '../engine/emitter.ts';
import { flippedWeights } from '../rules/flipped-weights.ts';
import { isBlocked } from './blocked-layout.ts';
import { notePhases } from './shortcut-phases.ts';

/** A convolution whose data gradient is asked for. */
export interface StridedConvolution {
  readonly dy: string;
  readonly w: string;
  readonly x: string;
  readonly y: string;
  readonly geometry: WindowGeometry;
  readonly groups: number;
}

/**
 * Positions stride i + phase along one axis: dx there is a convolution of dy with those taps of the flipped kernel that reach them, `first`, first + stride,
 * and so on.
 */
interface AxisPhase {
  readonly first: number;
  readonly taps: number;
  readonly padBegin: number;
  readonly padEnd: number;
}

/** The phases of an axis of `length` positions; `null` where a phase has no tap, or begins behind the first error. */
function phasesOf(kernel: number, stride: number, padBegin: number, length: number, windows: number): AxisPhase[] | null {
  const count = Math.ceil(length / stride);
  const phases: AxisPhase[] = [];
  for (let phase = 0; phase < stride; phase++) {
    // Tap t of the kernel takes the error of window i + (phase + padBegin - t) / stride to position stride i + phase.
    const last = Math.floor((kernel - 1 - (phase + padBegin) % stride) / stride) * stride + (phase + padBegin) % stride;
    if (last < 0 || last > kernel - 1) return null;
    const first = kernel - 1 - last;
    const taps = Math.floor((kernel - 1 - first) / stride) + 1;
    const begin = (last - phase - padBegin) / stride;
    const end = count + taps - 1 - begin - windows;
    if (begin < 0 || end < 0) return null;
    phases.push({ first, taps, padBegin: begin, padEnd: end });
  }
  return phases;
}

/** The taps of two phases, one per axis. */
function pickTaps({ shape, values }: ReturnType<typeof flippedWeights>, rows: AxisPhase, columns: AxisPhase, [rowStep, columnStep]: readonly [number, number]): Float64Array {
  const [outputs = 0, inputs = 0, height = 0, width = 0] = shape;
  const picked = new Float64Array(outputs * inputs * rows.taps * columns.taps);
  let at = 0;
  for (let pair = 0; pair < outputs * inputs; pair++) {
    for (let row = 0; row < rows.taps; row++) {
      for (let column = 0; column < columns.taps; column++) {
        picked[at++] = values[(pair * height + rows.first + row * rowStep) * width + columns.first + column * columnStep]!;
      }
    }
  }
  return picked;
}

/** Tensors [N, C, h, w] as one in which their columns follow each other in turn. */
function interleaveColumns(emit: Emitter, parts: readonly string[], columns: number): string {
  const [only = ''] = parts;
  if (parts.length === 1) return only;
  const joined = emit.op('Concat', parts.map((part) => unsqueeze(emit, part, [4])), [intAttribute('axis', 4)]);
  return emit.op('Reshape', [joined, emit.integers([0, 0, 0, columns])]);
}

/** As `interleaveColumns`, for rows. */
function interleaveRows(emit: Emitter, parts: readonly string[], rows: number, columns: number): string {
  const [only = ''] = parts;
  if (parts.length === 1) return only;
  return emit.op('Reshape', [emit.op('Concat', parts, [intAttribute('axis', 3)]), emit.integers([0, 0, rows, columns])]);
}

/** Phases of two axes, columns in rows, as one tensor of these spatial lengths. */
function joinPhases(emit: Emitter, phases: readonly (readonly string[])[], lengths: readonly number[], step: readonly [number, number]): string {
  const [height, width] = [Math.ceil(lengths[0]! / step[0]) * step[0], Math.ceil(lengths[1]! / step[1]) * step[1]];
  const dx = interleaveRows(emit, phases.map((row) => interleaveColumns(emit, row, width)), height, width);
  const cut = [0, 1].filter((axis) => lengths[axis] !== [height, width][axis]);
  return cut.length === 0 ? dx : sliceAxes(emit, dx, cut.map((axis) => axis + 2), cut.map(() => 0), cut.map((axis) => lengths[axis]!));
}

/** Whether the runtime computes all parts in its blocked layout. */
function suits(emit: Emitter, { w, x, y, groups, geometry }: StridedConvolution): boolean {
  const channels = knownShape(emit, x)[1];
  const isDepthwise = groups === channels && channels === knownShape(emit, y)[1];
  return emit.uses('phase-convolutions') && emit.stored(w) !== null && isBlocked(emit, y) && Number(channels) % 16 === 0 && (groups === 1 || isDepthwise)
    && geometry.strides.some((stride) => stride > 1) && geometry.dilations.every((dilation) => dilation === 1);
}

/**
 * The data gradient of a convolution with strides, one convolution per phase of the positions modulo the strides, with the taps that reach it. A
 * ConvTranspose does the same work outside the blocked layout, and adds up its columns on one thread. `null` where this does not apply.
 */
export function phaseConvolutions(emit: Emitter, convolution: StridedConvolution): string | null {
  const { dy, w, x, geometry: { kernel, strides, padsBegin, output }, groups } = convolution;
  const lengths = concreteShape(knownShape(emit, x).slice(2));
  const weights = emit.stored(w);
  if (!suits(emit, convolution) || lengths?.length !== 2 || !weights) return null;
  const [rows, columns] = lengths.map((length, axis) => phasesOf(kernel[axis]!, strides[axis]!, padsBegin[axis]!, length, output[axis] ?? 0));
  if (!rows || !columns) return null;
  const flipped = flippedWeights(weights, groups);
  const step = [strides[0]!, strides[1]!] as const;
  const phases = rows.map((row, a) => columns.map((column, b) => {
    const taps = emit.once(`phase ${a} ${b} of ${w} ${step.join()} ${groups}`, () =>
      emit.constant([flipped.shape[0]!, flipped.shape[1]!, row.taps, column.taps], pickTaps(flipped, row, column, step), w));
    return emit.op('Conv', [dy, taps], [
      intsAttribute('kernel_shape', [row.taps, column.taps]), intsAttribute('pads', [row.padBegin, column.padBegin, row.padEnd, column.padEnd]),
      intAttribute('group', groups),
    ]);
  }));
  const join = (parts: readonly (readonly string[])[]): string => joinPhases(emit, parts, lengths, step);
  const dx = join(phases);
  notePhases(emit, dx, phases, lengths, step, join);
  return dx;
}
