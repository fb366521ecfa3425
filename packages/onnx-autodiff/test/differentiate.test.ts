import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import {
  ElementType, extendGraph, int64Tensor, intAttribute, makeModel, makeNode, makeTensor, makeValueInfo, readModel, writeModel, type Dimension, type NodeProto,
  type OnnxModel, type TensorProto,
} from '@pellucid/onnx-graph';
import { differentiate, operatorsPage, RULES } from '../src/index.ts';
import { run, type Values } from './session.ts';

const { DOUBLE } = ElementType;

function model(nodes: readonly NodeProto[], outputs: readonly string[], initializers: readonly TensorProto[] = [], shape: readonly Dimension[] = ['n', 2]): OnnxModel {
  return makeModel({
    name: 'small.onnx', opset: 17, producer: 'test', nodes, initializers, inputs: [makeValueInfo('x', { elementType: DOUBLE, shape })],
    outputs: outputs.map((name) => makeValueInfo(name, { elementType: DOUBLE, shape: null })),
  });
}
const values = (...data: number[]): Values => ({ shape: [data.length / 2, 2], data: Float64Array.from(data) });

/** y = x^2, z = y + y x: dz/dy = 1 + x, dz/dx = 2x (1 + x) + x^2. */
const branching = model(
  [makeNode('Mul', ['x', 'x'], ['y']), makeNode('Mul', ['y', 'x'], ['yx']), makeNode('Add', ['y', 'yx'], ['z'])], ['z'],
);

test('adds up what flows back over several branches, at inputs, inner tensors and the tensor itself', async () => {
  const { model: extended, gradients, cotangent } = differentiate(branching, { of: 'z', at: ['x', 'y', 'z'] });
  expect([...gradients]).toEqual([['x', 'x/gradient'], ['y', 'y/gradient'], ['z', 'z/gradient']]);
  expect(cotangent).toBe('z/cotangent');
  const x = values(1, 2, -3, 0.5);
  const c = values(1, -1, 2, 3);
  const result = await run(extended, new Map([['x', x], ['z/cotangent', c]]));
  expect([...result.get('y/gradient')?.data ?? []]).toEqual([...x.data].map((v, i) => c.data[i]! * (1 + v)));
  expect([...result.get('x/gradient')?.data ?? []]).toEqual([...x.data].map((v, i) => c.data[i]! * (2 * v * (1 + v) + v * v)));
  expect([...result.get('z/gradient')?.data ?? []]).toEqual([...c.data]);
  expect([...result.get('z')?.data ?? []]).toEqual([...x.data].map((v) => v * v + v * v * v));
});

test('gives the same tensor twice when it is the sum of one path', async () => {
  const chain = model([makeNode('Identity', ['x'], ['a']), makeNode('Neg', ['a'], ['b'])], ['b']);
  const result = await run(differentiate(chain, { of: 'b', at: ['x', 'a'] }).model, new Map([['x', values(1, 2)], ['b/cotangent', values(3, 4)]]));
  expect([...result.get('x/gradient')?.data ?? []]).toEqual([-3, -4]);
  expect([...result.get('a/gradient')?.data ?? []]).toEqual([-3, -4]);
});

test('reads the cotangent from a tensor of the graph', async () => {
  const scale = makeTensor('scale', DOUBLE, [2], [10, 100]);
  const extended = extendGraph(branching, { initializer: [scale], node: [makeNode('Mul', ['z', 'scale'], ['weighted'])] });
  const { model: derived, cotangent } = differentiate(extended, { of: 'z', at: ['x'], cotangent: 'weighted' });
  expect(cotangent).toBe('weighted');
  expect(derived.graph.input).toHaveLength(1);
  const result = await run(derived, new Map([['x', values(1, 2)]]));
  expect([...result.get('x/gradient')?.data ?? []]).toEqual([2 * 10 * 5, 12 * 100 * 16]);
});

test('leaves the model and its weights as they were, and keeps metadata, outputs and operator sets', () => {
  const before = writeModel(branching);
  const { model: extended } = differentiate(branching, { of: 'z', at: ['x'] });
  expect(writeModel(branching)).toEqual(before);
  expect(extended.proto.producerName).toBe(branching.proto.producerName);
  expect(extended.proto.opsetImport).toEqual(branching.proto.opsetImport);
  expect(extended.graph.output.map(({ name }) => name)).toEqual(['z', 'x/gradient']);
  expect(readModel(writeModel(extended), 'again').graph.output).toHaveLength(2);
});

test('differentiates only what leads to the asked tensors', () => {
  const nodes = [makeNode('Unheard', ['x'], ['u']), makeNode('Floor', ['x'], ['f']), makeNode('Mul', ['x', 'f'], ['z'])];
  const { model: extended } = differentiate(model(nodes, ['z', 'u']), { of: 'z', at: ['x'] });
  expect(extended.graph.node.slice(3).map(({ opType }) => opType)).toEqual(['Mul']);
});

test('names operator, node, operator set and path where no rule covers an operator', () => {
  const unheard = model([makeNode('Unheard', ['x'], ['u']), makeNode('Relu', ['u'], ['v']), makeNode('Neg', ['v'], ['z'])], ['z']);
  expect(() => differentiate(unheard, { of: 'z', at: ['x'] })).toThrow(
    'Cannot differentiate `Unheard` (node `u`, opset 17) on the path `u` -> `v` -> `z` -> `z`: there is no gradient rule for it.',
  );
  const axis = model([makeNode('BatchNormalization', ['x', 'x', 'x', 'x', 'x'], ['z'])], ['z'], [], [1, 1, 3, 3]);
  expect(() => differentiate(axis, { of: 'z', at: ['x'] })).toThrow('its statistics depend on the tensor to differentiate at');
});

test('says when a tensor is not on the way, unknown, stored or not of floating point', () => {
  const shaped = model([makeNode('Shape', ['x'], ['s']), makeNode('Neg', ['x'], ['z']), makeNode('Exp', ['x'], ['w'])], ['z', 's', 'w'], [int64Tensor('i', [1])]);
  const code = (of: string, at: string): unknown => {
    try {
      differentiate(shaped, { of, at: [at] });
    } catch (error) {
      return (error as { code?: unknown }).code;
    }
    return null;
  };
  expect(code('z', 'w')).toBe('GRADIENT_UNREACHABLE');
  expect(code('z', 'unknown')).toBe('LAYER_NOT_FOUND');
  expect(code('s', 'x')).toBe('REQUEST_INVALID');
  expect(code('z', 'i')).toBe('REQUEST_INVALID');
  expect(code('z', 'x')).toBeNull();
});

test.each([6, 99])('opset %i is refused with those that are supported', (opset) => {
  const info = makeValueInfo('x', { elementType: DOUBLE, shape: [2] });
  const other = makeModel({ name: 'other.onnx', opset, producer: 'test', nodes: [makeNode('Sigmoid', ['x'], ['z'])], initializers: [], inputs: [info], outputs: [makeValueInfo('z', { elementType: DOUBLE, shape: [2] })] });
  expect(() => differentiate(other, { of: 'z', at: ['x'] })).toThrow(expect.objectContaining({ code: 'MODEL_UNSUPPORTED', message: expect.stringMatching(/opset \d+\. Opsets 7 to \d+ are supported/) }));
});

test('keeps a free batch axis free through flattening and global means', async () => {
  const nodes = [makeNode('ReduceMean', ['x'], ['m'], [intAttribute('keepdims', 0)]), makeNode('Flatten', ['x'], ['f']), makeNode('Mul', ['f', 'm'], ['z'])];
  const { model: extended } = differentiate(model(nodes, ['z'], [], ['n', 1, 2]), { of: 'z', at: ['x'] });
  for (const n of [1, 3]) {
    const x = { shape: [n, 1, 2], data: Float64Array.from({ length: 2 * n }, (_, i) => i + 1) };
    const ones = { shape: [n, 2], data: new Float64Array(2 * n).fill(1) };
    const result = await run(extended, new Map([['x', x], ['z/cotangent', ones]]), ['x/gradient']);
    // z = x mean(x): the sum of z has slope 2 mean(x) everywhere.
    const mean = x.data.reduce((sum, value) => sum + value, 0) / x.data.length;
    for (const slope of result.get('x/gradient')?.data ?? []) expect(slope).toBeCloseTo(2 * mean, 12);
  }
});

test('the table of rules is sorted, and docs/operators.md is made from it', () => {
  const operators = RULES.map(({ operator }) => operator);
  expect(operators).toEqual([...operators].sort());
  const page = join(__dirname, '../../../docs/operators.md');
  expect(existsSync(page) && readFileSync(page, 'utf8')).toBe(operatorsPage());
});
