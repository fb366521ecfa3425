import { ElementType, intAttribute, intsAttribute, makeTensor, stringAttribute } from '@pellucid/onnx-graph';
import type { RuleCase } from '../check-rule.ts';
import { distinct } from '../cases/draws.ts';
import { list, sizeOf, table, type Chance } from './chance.ts';
import { opsetFrom } from './mathematics.ts';

/** Stored integers of which some come at run time. */
const given = (chance: Chance, ...names: readonly string[]): readonly string[] => names.filter(() => chance.happens(0.25));

export function pad(chance: Chance): RuleCase {
  const shape = chance.lengths(chance.integer(1, 4));
  const opset = opsetFrom(chance, 7);
  const mode = chance.pick(opset >= 19 ? ['constant', 'edge', 'reflect', 'wrap'] : opset >= 11 ? ['constant', 'edge', 'reflect'] : ['constant']);
  const limit = (length: number): number => (mode === 'reflect' ? length - 1 : mode === 'wrap' ? length : 3);
  const axes = opset >= 18 && chance.happens(0.5) ? chance.some(shape.length, chance.integer(1, shape.length)) : null;
  const padded = axes ?? [...shape.keys()];
  const low = (axis: number): number => (mode === 'constant' && shape[axis]! > 2 && chance.happens(0.2) ? -1 : 0);
  const lengths = [0, 1].flatMap(() => padded.map((axis) => Math.min(3, chance.integer(low(axis), limit(shape[axis]!)))));
  const attributes = [stringAttribute('mode', mode), ...(opset < 11 ? [intsAttribute('pads', lengths)] : [])];
  const constants = opset < 11 ? [] : [list('pads', lengths), ...(axes ? [list('axes', axes)] : [])];
  const order = axes ? ['x', 'pads', '', 'axes'] : undefined;
  return { operator: 'Pad', opset, inputs: { x: chance.declared(shape) }, attributes, constants, ...(order && { order }), atRuntime: given(chance, ...(opset < 11 ? [] : ['pads'])), linear: true };
}

export function slice(chance: Chance): RuleCase {
  const shape = chance.lengths(chance.integer(1, 4)).map((length) => length + 1);
  const opset = opsetFrom(chance, 7);
  const axes = chance.some(shape.length, chance.integer(1, shape.length));
  const backwards = axes.map(() => opset >= 10 && chance.happens(0.3));
  const starts = axes.map((axis, i) => (backwards[i] ? chance.integer(shape[axis]! - 1, shape[axis]! + 1) : chance.integer(-shape[axis]!, shape[axis]! - 2)));
  const ends = axes.map((axis, i) => (backwards[i] ? chance.pick([-shape[axis]! - 1, -shape[axis]!]) : chance.pick([shape[axis]!, shape[axis]! + 3, 2 ** 31 - 1])));
  const steps = axes.map((_, i) => (opset < 10 ? 1 : chance.integer(1, 2)) * (backwards[i] ? -1 : 1));
  if (opset < 10) {
    return { operator: 'Slice', opset, inputs: { x: shape }, attributes: [intsAttribute('axes', axes), intsAttribute('starts', starts), intsAttribute('ends', ends)], linear: true };
  }
  const constants = [list('starts', starts), list('ends', ends), list('axes', axes), list('steps', steps)];
  return { operator: 'Slice', opset, inputs: { x: opset >= 11 ? chance.declared(shape) : shape }, constants, atRuntime: opset >= 11 ? given(chance, 'starts', 'ends', 'steps') : [], linear: true };
}

const anyIndex = (chance: Chance, opset: number, length: number): number => chance.integer(opset >= 11 ? -length : 0, length - 1);

export function gather(chance: Chance): RuleCase {
  const shape = chance.lengths(chance.integer(1, 4));
  const opset = opsetFrom(chance, 7);
  const axis = chance.integer(0, shape.length - 1);
  const indexShape = chance.lengths(chance.integer(0, 2), 3);
  const indices = table('indices', indexShape, Array.from({ length: sizeOf(indexShape) }, () => anyIndex(chance, opset, shape[axis]!)));
  return { operator: 'Gather', opset, inputs: { x: opset >= 11 ? chance.declared(shape) : shape }, constants: [indices], attributes: [intAttribute('axis', axis)], atRuntime: opset >= 11 && indexShape.length > 0 ? given(chance, 'indices') : [], linear: true };
}

export function gatherElements(chance: Chance): RuleCase {
  const shape = chance.lengths(chance.integer(1, 4));
  const axis = chance.integer(0, shape.length - 1);
  const opset = opsetFrom(chance, 11);
  const indexShape = shape.map((length, i) => (i === axis ? chance.integer(1, 4) : chance.integer(1, length)));
  const indices = table('indices', indexShape, Array.from({ length: sizeOf(indexShape) }, () => anyIndex(chance, 11, shape[axis]!)));
  return { operator: 'GatherElements', opset, inputs: { x: opset >= 16 ? chance.declared(shape) : shape }, constants: [indices], attributes: [intAttribute('axis', axis)], atRuntime: opset >= 16 ? given(chance, 'indices') : [], linear: true };
}

export function gatherND(chance: Chance): RuleCase {
  const shape = chance.lengths(chance.integer(1, 4));
  const opset = opsetFrom(chance, 11);
  const batchAxes = opset >= 12 ? chance.integer(0, Math.min(1, shape.length - 1)) : 0;
  const depth = chance.integer(1, shape.length - batchAxes);
  const outer = [...shape.slice(0, batchAxes), chance.integer(1, 3)];
  const indices = Array.from({ length: sizeOf(outer) }, () => Array.from({ length: depth }, (_, i) => anyIndex(chance, 11, shape[batchAxes + i]!))).flat();
  return { operator: 'GatherND', opset, inputs: { x: shape }, constants: [table('indices', [...outer, depth], indices)], attributes: opset >= 12 ? [intAttribute('batch_dims', batchAxes)] : [], linear: true };
}

export function scatterElements(chance: Chance, latest = 25): RuleCase {
  const shape = chance.lengths(chance.integer(1, 4));
  const axis = chance.integer(0, shape.length - 1);
  const opset = opsetFrom(chance, 11, latest);
  const indexShape = shape.map((length) => chance.integer(1, length));
  const inner = sizeOf(indexShape.slice(axis + 1));
  // Different positions along the axis, so that no value is written over by another.
  const order = chance.permutation(shape[axis]!);
  const indices = Array.from({ length: sizeOf(indexShape) }, (_, i) => order[Math.floor(i / inner) % indexShape[axis]!]!);
  const adds = opset >= 16 && chance.happens(0.4);
  return {
    operator: 'ScatterElements', opset, inputs: { x: shape, updates: indexShape }, constants: [table('indices', indexShape, indices)], order: ['x', 'indices', 'updates'],
    attributes: [intAttribute('axis', axis), ...(adds ? [stringAttribute('reduction', 'add')] : [])], linear: true,
  };
}

export function scatter(chance: Chance): RuleCase {
  return { ...scatterElements(chance, 15), operator: 'Scatter', opset: chance.integer(9, 10) };
}

export function scatterND(chance: Chance): RuleCase {
  const shape = chance.lengths(chance.integer(1, 3));
  const opset = opsetFrom(chance, 11);
  const depth = chance.integer(1, shape.length);
  const places = sizeOf(shape.slice(0, depth));
  const chosen = chance.permutation(places).slice(0, chance.integer(1, Math.min(3, places)));
  const tuples = chosen.flatMap((place) => shape.slice(0, depth).map((length, i) => Math.floor(place / sizeOf(shape.slice(i + 1, depth))) % length));
  const adds = opset >= 16 && chance.happens(0.4);
  return {
    operator: 'ScatterND', opset, inputs: { x: shape, updates: [chosen.length, ...shape.slice(depth)] }, constants: [table('indices', [chosen.length, depth], tuples)],
    order: ['x', 'indices', 'updates'], attributes: adds ? [stringAttribute('reduction', 'add')] : [], linear: true,
  };
}

export function tile(chance: Chance): RuleCase {
  const shape = chance.lengths(chance.integer(1, 4), 3);
  const opset = opsetFrom(chance, 7);
  return { operator: 'Tile', opset, inputs: { x: opset >= 11 ? chance.declared(shape) : shape }, constants: [list('repeats', shape.map(() => chance.integer(1, 3)))], atRuntime: opset >= 11 ? given(chance, 'repeats') : [], linear: true };
}

export function expand(chance: Chance): RuleCase {
  const whole = chance.lengths(chance.integer(1, 4), 4);
  const shape = whole.slice(chance.integer(0, whole.length - 1)).map((length) => (chance.happens(0.4) ? 1 : length));
  return { operator: 'Expand', opset: opsetFrom(chance, 8), inputs: { x: shape }, constants: [list('lengths', whole)], linear: true };
}

export function concat(chance: Chance): RuleCase {
  const shape = chance.lengths(chance.integer(1, 4), 4);
  const axis = chance.integer(0, shape.length - 1);
  const opset = opsetFrom(chance, 7);
  const inputs = Object.fromEntries(Array.from({ length: chance.integer(1, 3) }, (_, i) => {
    const own = shape.map((length, k) => (k === axis ? chance.integer(1, 4) : length));
    return [`x${i}`, opset >= 10 ? own.map((length, k) => (k === axis && length > 1 && chance.happens(0.2) ? `f${length}` : length)) : own];
  }));
  return { operator: 'Concat', opset, inputs, attributes: [intAttribute('axis', opset >= 11 && chance.happens(0.3) ? axis - shape.length : axis)], linear: true };
}

export function split(chance: Chance): RuleCase {
  const shape = chance.lengths(chance.integer(1, 4), 4);
  const axis = chance.integer(0, shape.length - 1);
  const opset = opsetFrom(chance, 7);
  const parts = Array.from({ length: chance.integer(1, 3) }, () => chance.integer(1, 3));
  const whole = shape.map((length, i) => (i === axis ? parts.reduce((sum, part) => sum + part, 0) : length));
  const byInput = opset >= 13;
  return {
    operator: 'Split', opset, inputs: { x: whole }, outputs: parts.length, attributes: [intAttribute('axis', axis), ...(byInput ? [] : [intsAttribute('split', parts)])],
    constants: byInput ? [list('parts', parts)] : [], linear: true,
  };
}

export function rearrangement(chance: Chance): RuleCase {
  const shape = chance.lengths(chance.integer(2, 4), 4);
  const opset = opsetFrom(chance, 7, 23);
  const inputs = { x: chance.declared(shape) };
  switch (chance.pick(['Transpose', 'Reshape', 'Flatten', 'Unsqueeze', 'Squeeze', 'Trilu'])) {
    case 'Transpose': return { operator: 'Transpose', opset, inputs, attributes: [intsAttribute('perm', chance.permutation(shape.length))], linear: true };
    case 'Reshape': return { operator: 'Reshape', opset, inputs, constants: [list('target', chance.pick([[-1], [0, -1], [0, 0, -1].slice(0, shape.length), [...shape.toReversed()]]))], linear: true };
    case 'Flatten': return { operator: 'Flatten', opset, inputs, attributes: [intAttribute('axis', chance.integer(0, shape.length))], linear: true };
    case 'Unsqueeze': {
      const axes = chance.some(shape.length + 2, 2);
      return { operator: 'Unsqueeze', opset, inputs, ...(opset >= 13 ? { constants: [list('axes', axes)] } : { attributes: [intsAttribute('axes', axes)] }), linear: true };
    }
    case 'Squeeze': {
      const axis = chance.integer(0, shape.length - 1);
      const single = { x: shape.map((length, i) => (i === axis ? 1 : length)) };
      return { operator: 'Squeeze', opset, inputs: single, ...(opset >= 13 ? { constants: [list('axes', [axis])] } : { attributes: [intsAttribute('axes', [axis])] }), linear: true };
    }
    default:
      return { operator: 'Trilu', opset: Math.max(opset, 14), inputs, constants: [table('k', [], [chance.integer(-2, 2)])], attributes: [intAttribute('upper', chance.integer(0, 1))], linear: true };
  }
}

export function blocks(chance: Chance): RuleCase {
  const [block, channels] = [chance.integer(1, 3), chance.integer(1, 2)];
  const [height, width] = chance.lengths(2, 3) as [number, number];
  const opset = opsetFrom(chance, 7, 22);
  if (chance.happens(0.5)) return { operator: 'SpaceToDepth', opset, inputs: { x: ['n', channels, height * block, width * block] }, attributes: [intAttribute('blocksize', block)], linear: true };
  const mode = opset >= 11 ? [stringAttribute('mode', chance.pick(['DCR', 'CRD']))] : [];
  return { operator: 'DepthToSpace', opset, inputs: { x: ['n', channels * block ** 2, height, width] }, attributes: [intAttribute('blocksize', block), ...mode], linear: true };
}

export function topK(chance: Chance): RuleCase {
  const shape = chance.lengths(chance.integer(1, 3)).map((length) => length + 1);
  const axis = chance.integer(0, shape.length - 1);
  const opset = opsetFrom(chance, 7);
  const k = chance.integer(1, shape[axis]!);
  const largest = opset >= 11 ? [intAttribute('largest', chance.integer(0, 1))] : [];
  return {
    operator: 'TopK', opset, inputs: { x: opset >= 11 ? chance.declared(shape) : shape }, unread: 1, values: distinct, linear: true, single: true,
    attributes: [intAttribute('axis', axis), ...largest, ...(opset < 10 ? [intAttribute('k', k)] : [])], constants: opset < 10 ? [] : [list('k', [k])],
  };
}

export function compress(chance: Chance): RuleCase {
  const shape = chance.lengths(chance.integer(1, 3));
  const axis = chance.happens(0.7) ? chance.integer(0, shape.length - 1) : null;
  const count = chance.integer(1, axis === null ? sizeOf(shape) : shape[axis]!);
  const flags = [1, ...Array.from({ length: count - 1 }, () => chance.integer(0, 1))];
  const opset = opsetFrom(chance, 9);
  return {
    operator: 'Compress', opset, inputs: { x: shape }, constants: [makeTensor('kept', ElementType.BOOL, [count], flags)], attributes: axis === null ? [] : [intAttribute('axis', axis)],
    atRuntime: opset >= 11 ? given(chance, 'kept') : [], linear: true,
  };
}

export function reverseSequence(chance: Chance): RuleCase {
  const [time, batch] = [chance.integer(2, 5), chance.integer(1, 3)];
  const timeFirst = chance.happens(0.5);
  return {
    operator: 'ReverseSequence', opset: opsetFrom(chance, 10), inputs: { x: [...(timeFirst ? [time, batch] : [batch, time]), ...chance.lengths(chance.integer(0, 2), 3)] },
    constants: [list('lengths', Array.from({ length: batch }, () => chance.integer(1, time)))],
    attributes: [intAttribute('time_axis', timeFirst ? 0 : 1), intAttribute('batch_axis', timeFirst ? 1 : 0)], linear: true, single: true,
  };
}
