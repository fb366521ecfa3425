import type { ModelBytes } from '@pellucid/backend-tfjs';
import { randomStream, sizeOf } from '@pellucid/core';

type Attributes = Readonly<Record<string, unknown>>;

const FLOAT: Attributes = { type: 'DT_FLOAT' };
const text = (value: string): Attributes => ({ s: Buffer.from(value).toString('base64') });
const integers = (...list: number[]): Attributes => ({ list: { i: list.map(String) } });

interface Constant {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array;
}

/** A graph of TensorFlow.js that looks at images [N, 4, 4, 3] as four patches and a class token, with one layer of attention of two heads: three logits. */
export function attentionNetwork(): ModelBytes {
  const nodes: Attributes[] = [{ name: 'image', op: 'Placeholder', input: [], attr: { dtype: FLOAT, shape: { shape: { dim: [-1, 4, 4, 3].map((size) => ({ size: String(size) })) } } } }];
  const constants: Constant[] = [];
  const constant = (name: string, shape: readonly number[], data: Float32Array | Int32Array): string => {
    constants.push({ name, shape, data });
    nodes.push({ name, op: 'Const', input: [], attr: { dtype: data instanceof Int32Array ? { type: 'DT_INT32' } : FLOAT } });
    return name;
  };
  const learnt = (name: string, ...shape: number[]): string => {
    const { normal } = randomStream(0, 'attention', name);
    return constant(name, shape, Float32Array.from({ length: sizeOf(shape) }, () => 0.6 * normal()));
  };
  const list = (name: string, ...values: number[]): string => constant(name, [values.length], Int32Array.from(values));
  const node = (name: string, op: string, input: readonly string[], attr: Attributes = {}): string => {
    nodes.push({ name, op, input, attr: { T: FLOAT, ...attr } });
    return name;
  };
  const product = (name: string, a: string, b: string, turned = false): string => node(name, 'BatchMatMulV2', [a, b], { adj_x: { b: false }, adj_y: { b: turned } });

  const patches = node('patches', 'Conv2D', ['image', learnt('patches/kernel', 2, 2, 3, 4)], {
    strides: integers(1, 2, 2, 1), dilations: integers(1, 1, 1, 1), padding: text('VALID'), data_format: text('NHWC'),
  });
  const row = node('row', 'Reshape', [patches, list('row/shape', -1, 4, 4)]);
  const first = node('class', 'PadV2', [row, constant('class/pads', [3, 2], Int32Array.of(0, 0, 1, 0, 0, 0)), constant('class/value', [], Float32Array.of(0))]);
  const tokens = node('tokens', 'AddV2', [first, learnt('positions', 1, 5, 4)]);
  const order = list('order', 0, 2, 1, 3);
  const heads = (name: string): string => {
    const split = node(`${name}/split`, 'Reshape', [product(name, tokens, learnt(`${name}/weight`, 1, 4, 4)), list(`${name}/shape`, -1, 5, 2, 2)]);
    return node(`${name}/heads`, 'Transpose', [split, order]);
  };
  const attention = node('attention', 'Softmax', [product('scores', heads('query'), heads('key'), true)]);
  const turned = node('turned', 'Transpose', [product('mixed', attention, heads('value')), order]);
  const sum = node('sum', 'AddV2', [tokens, node('joined', 'Reshape', [turned, list('joined/shape', -1, 5, 4)])]);
  const flat = node('flat', 'Reshape', [sum, list('flat/shape', -1, 20)]);
  node('logits', 'MatMul', [flat, learnt('classifier', 20, 3)], { transpose_a: { b: false }, transpose_b: { b: false } });

  const weights = Buffer.concat(constants.map(({ data }) => Buffer.from(data.buffer)));
  const manifest = constants.map(({ name, shape, data }) => ({ name, shape, dtype: data instanceof Int32Array ? 'int32' : 'float32' }));
  const topology = { node: nodes, versions: {} };
  return { modelJson: JSON.stringify({ format: 'graph-model', modelTopology: topology, weightsManifest: [{ paths: ['weights.bin'], weights: manifest }] }), weights: new Uint8Array(weights) };
}
