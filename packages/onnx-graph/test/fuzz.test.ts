import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isPellucidError, type ErrorCode } from '@pellucid/core';
import { expect, test } from '@jest/globals';
import {
  ElementType, freeBatchAxis, inferShapes, int64Tensor, intAttribute, intsAttribute, isNumeric, makeModel, makeNode, makeTensor, makeValueInfo, readModel, tensorValues,
  writeModel,
} from '../src/index.ts';

/** Mutated models; the same ones in every run. */
const MUTATIONS = 2000;

/** Marsaglia's xorshift with 32 bits: whole numbers below a bound. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

const small = (): Uint8Array => writeModel(makeModel({
  name: 'small', opset: 17, producer: 'test',
  nodes: [
    makeNode('Conv', ['x', 'w'], ['c'], [intsAttribute('pads', [1, 1, 1, 1]), intsAttribute('strides', [2, 2])]), makeNode('Relu', ['c'], ['r']),
    makeNode('MaxPool', ['r'], ['m'], [intsAttribute('kernel_shape', [2, 2]), intsAttribute('strides', [2, 2])]),
    makeNode('Shape', ['m'], ['s']), makeNode('Gather', ['s', 'zero'], ['n'], [intAttribute('axis', 0)]), makeNode('Unsqueeze', ['n', 'first'], ['n1']),
    makeNode('Concat', ['n1', 'rest'], ['target'], [intAttribute('axis', 0)]), makeNode('Reshape', ['m', 'target'], ['f']),
    makeNode('Slice', ['f', 'first', 'end', 'axis'], ['p']), makeNode('Expand', ['p', 'wide'], ['e']), makeNode('Tile', ['e', 'times'], ['t']),
    makeNode('ConstantOfShape', ['wide'], ['z']), makeNode('Range', ['zero', 'nine', 'one'], ['q']), makeNode('Gemm', ['f', 'g'], ['y']),
  ],
  initializers: [
    makeTensor('w', ElementType.FLOAT, [2, 3, 3, 3], new Float32Array(54)), makeTensor('g', ElementType.FLOAT, [8, 4], new Float32Array(32)),
    makeTensor('zero', ElementType.INT64, [], [0]), makeTensor('one', ElementType.INT64, [], [1]), makeTensor('nine', ElementType.INT64, [], [9]),
    int64Tensor('first', [0]), int64Tensor('rest', [-1]), int64Tensor('end', [2]), int64Tensor('axis', [1]), int64Tensor('wide', [3, 1, 2]), int64Tensor('times', [1, 2, 2]),
  ],
  inputs: [makeValueInfo('x', { elementType: ElementType.FLOAT, shape: ['batch', 3, 8, 8] })],
  outputs: [makeValueInfo('y', { elementType: ElementType.FLOAT, shape: ['batch', 4] })],
}));

const SHARED = join(__dirname, '../../../../shared/exports');
const FILES = ['squeezenet/legacy13.int8.onnx', 'video/legacy13.onnx', 'densenet/legacy13.onnx'].map((name) => join(SHARED, name)).filter(existsSync);

/** A field header with a length that is small, large, or beyond the file. */
function field(below: (bound: number) => number): number[] {
  const lengths = [[0], [5], [0x7f], [0xff, 0xff, 0x03], [0xff, 0xff, 0xff, 0xff, 0x07], [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]];
  return [(below(16) << 3) | below(6), ...lengths[below(lengths.length)]!];
}

function mutate(original: Uint8Array, below: (bound: number) => number): Uint8Array {
  let bytes = original.slice();
  for (let change = 0; change <= below(4); change++) {
    const at = below(bytes.length);
    // Most of a file are weights, where any bytes will do: half of the changes go to its ends.
    const place = below(2) === 0 ? at : below(2) === 0 ? at % 400 : Math.max(0, bytes.length - 1 - (at % 1500));
    const kind = below(6);
    if (kind === 0) bytes = bytes.slice(0, place + 1);
    else if (kind === 1) bytes = Uint8Array.from([...bytes.slice(0, place), ...field(below), ...bytes.slice(place)]);
    else if (kind === 2) bytes = Uint8Array.from([...bytes.slice(0, place), ...bytes.slice(place, place + below(200)), ...bytes.slice(place)]);
    else if (kind === 3) bytes[place] = below(256);
    else bytes[place]! ^= 1 << below(8);
  }
  return bytes;
}

/** Everything that is done to a model before an engine sees it. */
function use(bytes: Uint8Array): 'read' | ErrorCode {
  try {
    const model = readModel(bytes, 'mutated');
    inferShapes(model);
    freeBatchAxis(model);
    for (const tensor of model.graph.initializer) if (isNumeric(tensor.dataType)) tensorValues(tensor);
    writeModel(model);
    return 'read';
  } catch (error) {
    if (isPellucidError(error)) return error.code;
    throw error;
  }
}

// One mutation that hangs, or a defect, fails the test: no error but those of the table gets out.
test(`${MUTATIONS} mutated models are read or refused with a typed error`, () => {
  const originals = [small(), ...FILES.map((path) => new Uint8Array(readFileSync(path)))];
  const below = numbers(20261122);
  const before = process.memoryUsage().rss;
  const outcomes = new Map<string, number>();
  for (let i = 0; i < MUTATIONS; i++) {
    const bytes = mutate(originals[i % 4 === 3 ? below(originals.length) : 0]!, below);
    let outcome: string;
    try {
      outcome = use(bytes);
    } catch (error) {
      throw new Error(`mutation ${i} is no typed error: ${error instanceof Error ? error.stack : String(error)}`, { cause: error });
    }
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  }
  expect(outcomes.get('read')).toBeGreaterThan(MUTATIONS / 20);
  expect(outcomes.get('MODEL_INVALID')).toBeGreaterThan(MUTATIONS / 20);
  expect(process.memoryUsage().rss - before).toBeLessThan(2 ** 30);
});
