import { describe, expect, test } from '@jest/globals';
import { gradientAt, INPUT } from '@pellucid/core';
import { normalValues } from '@pellucid/testkit';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';

import { inScope } from '../src/engine/scope.ts';
import { differentiate } from '../src/gradients/differentiate.ts';
import { loadModel, openEngine } from '../src/index.ts';
import { ENGINES } from './engines.ts';

const values = (seed: number, shape: readonly number[]): Float32Array =>
  Float32Array.from(normalValues(seed, 'values', shape.reduce((product, length) => product * length, 1)));

/** The largest difference, over the largest value. */
function difference(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(found).toHaveLength(expected.length);
  let [most, scale] = [0, 0];
  Array.from(expected).forEach((value, i) => {
    most = Math.max(most, Math.abs(found[i]! - value));
    scale = Math.max(scale, Math.abs(value));
  });
  return most / scale;
}

/** A product of stacks of matrices, one value after the other, in double precision. */
function plainProduct(a: Float32Array, b: Float32Array, sides: readonly [rows: number, inner: number, columns: number], transposed: readonly [boolean, boolean], pairs: readonly (readonly [number, number])[]): number[] {
  const [rows, inner, columns] = sides;
  const at = (row: number, column: number, height: number, width: number, turned: boolean): number => (turned ? column * height + row : row * width + column);
  return pairs.flatMap(([i, j]) => Array.from({ length: rows * columns }, (_, place) => {
    const [row, column] = [Math.floor(place / columns), place % columns];
    let sum = 0;
    for (let k = 0; k < inner; k++) {
      sum += a[i * rows * inner + at(row, k, rows, inner, transposed[0])]! * b[j * inner * columns + at(k, column, inner, columns, transposed[1])]!;
    }
    return sum;
  }));
}

describe.each(ENGINES)('on engine %s', (name) => {
  const compute = async (work: () => tf.Tensor): Promise<Float32Array> => {
    const engine = await openEngine(name);
    return engine.exclusive(() => inScope(() => work().dataSync() as Float32Array));
  };
  const gradientOf = async (x: readonly number[], f: (x: tf.Tensor) => tf.Tensor): Promise<number[]> => {
    const engine = await openEngine(name);
    return engine.exclusive(() => inScope(() => {
      const input = tf.tensor1d([...x]);
      const { gradients } = differentiate(() => ({ objective: tf.sum(f(input)) as tf.Scalar, points: [{ name: 'x', tensor: input }], locate: () => 'here' }));
      return [...gradients[0]!.dataSync()].map((value) => value + 0);
    }));
  };

  // Enough multiplications that the faster form is taken, with a side that is much shorter than the others.
  test.each([[false, false], [false, true], [true, false], [true, true]] as const)('products of several matrices are those of each pair, transposed %p, %p', async (first, second) => {
    for (const [rows, inner, columns] of [[3, 70, 700], [60, 50, 55]] as const) {
      const [a, b] = [values(1, [2, rows, inner]), values(2, [2, inner, columns])];
      const shapeA: [number, number] = first ? [inner, rows] : [rows, inner];
      const shapeB: [number, number] = second ? [columns, inner] : [inner, columns];
      const product = (outerA: readonly number[], outerB: readonly number[]): Promise<Float32Array> =>
        compute(() => tf.matMul(
          tf.tensor(a.subarray(0, outerA.reduce((x, y) => x * y, 1) * rows * inner), [...outerA, ...shapeA]),
          tf.tensor(b.subarray(0, outerB.reduce((x, y) => x * y, 1) * inner * columns), [...outerB, ...shapeB]), first, second,
        ));
      const plain = (pairs: readonly (readonly [number, number])[]): number[] => plainProduct(a, b, [rows, inner, columns], [first, second], pairs);
      expect(difference(await product([2], [2]), plain([[0, 0], [1, 1]]))).toBeLessThan(1e-5);
      expect(difference(await product([2], [1]), plain([[0, 0], [1, 0]]))).toBeLessThan(1e-5);
      expect(difference(await product([], []), plain([[0, 0]]))).toBeLessThan(1e-5);
    }
  });

  test('a slice holds the values between its margins, wherever it is cut', async () => {
    const shape = [2, 4, 5, 3] as const;
    const x = values(3, shape);
    const all = [...shape];
    const cuts: readonly (readonly [readonly number[], readonly number[]])[] = [
      [[0, 1, 1, 0], [2, 2, 3, 3]], [[1, 0, 0, 0], [1, 4, 5, 3]], [[0, 0, 0, 1], [2, 4, 5, 1]], [[0, 2, 0, 0], [2, 2, 5, 3]], [[1, 1, 2, 1], [1, -1, 2, -1]], [[0, 0, 0, 0], all],
    ];
    for (const [begin, size] of cuts) {
      const lengths = size.map((length, axis) => (length < 0 ? all[axis]! - begin[axis]! : length));
      const expected: number[] = [];
      for (let i = 0; i < lengths[0]!; i++) for (let j = 0; j < lengths[1]!; j++) for (let k = 0; k < lengths[2]!; k++) for (let l = 0; l < lengths[3]!; l++) {
        expected.push(x[(((i + begin[0]!) * 4 + j + begin[1]!) * 5 + k + begin[2]!) * 3 + l + begin[3]!]!);
      }
      expect([...await compute(() => tf.slice(tf.tensor(x, all), [...begin], [...size]))]).toEqual(expected);
    }
    expect([...await compute(() => tf.slice(tf.tensor1d([1, 2, 3]), [1], [0]))]).toEqual([]);
  });

  test('a rectifier passes the gradient above zero and, with a ceiling, below it; a clip also at its bounds', async () => {
    const x = [-3, -1e-30, -0, 0, 2e-38, 2, 5.9999995, 6, 6.0000005, 1e30];
    expect(await gradientOf(x, (value) => tf.relu(value))).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 1, 1]);
    expect(await gradientOf(x, (value) => tf.relu6(value))).toEqual([0, 0, 0, 0, 1, 1, 1, 0, 0, 0]);
    expect(await gradientOf(x, (value) => tf.clipByValue(value, 0, 6))).toEqual([0, 0, 1, 1, 1, 1, 1, 1, 0, 0]);
    expect(await gradientOf(x, (value) => tf.clipByValue(value, -3, 2))).toEqual([1, 1, 1, 1, 1, 1, 0, 0, 0, 0]);
  });

  test('a rectifier with a ceiling of six gives the same as the two operations of its layer, and a different ceiling stays', async () => {
    await openEngine(name);
    const input = { shape: [1, 12], data: values(4, [1, 12]).map((value) => 8 * value) };
    for (const make of [
      () => tfl.layers.reLU({ maxValue: 6, inputShape: [12] }), () => tfl.layers.reLU({ maxValue: 5, inputShape: [12] }), () => tfl.layers.activation({ activation: 'relu6', inputShape: [12] }),
      () => tfl.layers.dense({ units: 4, activation: 'relu6', inputShape: [12] }),
    ]) {
      const first = make();
      const network = tfl.sequential({ layers: [first, tfl.layers.dense({ units: 2 })] });
      const engine = await openEngine(name);
      await engine.exclusive(() => { tf.tidy(() => { network.setWeights(network.getWeights().map(({ shape }, i) => tf.tensor(values(8 + i, shape).map((value) => value / 4), shape))); }); });
      const ceiling = (first.getConfig()['maxValue'] ?? 6) as number;
      const model = await loadModel(network, { engine: name });
      const answer = await model.evaluate({ input, gradient: { of: { kind: 'logit', targets: [1] }, at: [INPUT] } });
      expect(difference(answer.logits.data, await compute(() => network.predict(tf.tensor(input.data, [1, 12])) as tf.Tensor))).toBeLessThan(1e-6);
      const dense = network.layers.flatMap((layer) => layer.getWeights()).filter(({ rank }) => rank === 2);
      const expected = await compute(() => tf.tidy(() => {
        const x = tf.tensor(input.data, [1, 12]);
        const scores = dense[dense.length - 1]!;
        const inner = dense.length === 2 ? tf.matMul(x, dense[0]!) : x;
        const passes = tf.cast(tf.logicalAnd(tf.greater(inner, 0), tf.less(inner, ceiling)), 'float32');
        const above = tf.mul(passes, tf.transpose(tf.slice(scores, [0, 1], [-1, 1])));
        return dense.length === 2 ? tf.matMul(above, dense[0]!, false, true) : above;
      }));
      expect(difference(gradientAt(answer, INPUT).data, expected)).toBeLessThan(1e-6);
      await model.dispose();
      network.dispose();
    }
  });

  test('a normalisation is what its equation says, and follows its parameters when they change', async () => {
    await openEngine(name);
    const shape = [1, 3, 4, 5];
    const input = { shape, data: values(5, shape) };
    const network = tfl.sequential({ layers: [tfl.layers.batchNormalization({ epsilon: 1e-2, inputShape: [3, 4, 5] }), tfl.layers.flatten()] });
    const model = await loadModel(network, { engine: name });
    for (const seed of [6, 7]) {
      const [gamma, beta, mean, spread] = [0, 1, 2, 3].map((part) => values(seed + 10 * part, [5])) as [Float32Array, Float32Array, Float32Array, Float32Array];
      const variance = spread.map((value) => value ** 2);
      const engine = await openEngine(name);
      await engine.exclusive(() => { tf.tidy(() => { network.setWeights([gamma, beta, mean, variance].map((value) => tf.tensor1d(value))); }); });
      const answer = await model.evaluate({ input, gradient: { of: { kind: 'logit', targets: [7] }, at: [INPUT] } });
      const factor = (i: number): number => gamma[i % 5]! / Math.sqrt(variance[i % 5]! + 1e-2);
      expect(difference(answer.logits.data, input.data.map((value, i) => (value - mean[i % 5]!) * factor(i) + beta[i % 5]!))).toBeLessThan(1e-6);
      expect(difference(gradientAt(answer, INPUT).data, input.data.map((_, i) => (i === 7 ? factor(i) : 0)))).toBeLessThan(1e-6);
    }
    await model.dispose();
    network.dispose();
  });

  test('a normalisation behind a convolution has the gradient of the two, also where the value in between is asked for, read twice, or the parameters change', async () => {
    const engine = await openEngine(name);
    const x = tfl.input({ shape: [6, 6, 4] });
    const between = tfl.layers.conv2d({ filters: 6, kernelSize: 3, strides: 2, padding: 'same', useBias: false, name: 'between' }).apply(x) as tfl.SymbolicTensor;
    const normalized = tfl.layers.batchNormalization({ epsilon: 1e-2 }).apply(between) as tfl.SymbolicTensor;
    const depthwise = tfl.layers.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2, padding: 'same' }).apply(normalized) as tfl.SymbolicTensor;
    const single = tfl.layers.batchNormalization({ epsilon: 1e-1 }).apply(depthwise) as tfl.SymbolicTensor;
    const twice = tfl.layers.conv2d({ filters: 12, kernelSize: 1 }).apply(single) as tfl.SymbolicTensor;
    const sum = tfl.layers.add().apply([twice, tfl.layers.batchNormalization().apply(twice) as tfl.SymbolicTensor]) as tfl.SymbolicTensor;
    const network = tfl.model({ inputs: x, outputs: tfl.layers.flatten().apply(sum) as tfl.SymbolicTensor });
    const model = await loadModel(network, { engine: name });
    const input = { shape: [2, 6, 6, 4], data: values(5, [2, 6, 6, 4]) };
    const of = { kind: 'logit', targets: [7, 50] } as const;
    for (const seed of [6, 106]) {
      await engine.exclusive(() => {
        tf.tidy(() => {
          network.setWeights(network.weights.map(({ shape, name: weight }, i) => {
            const numbers = values(seed + i, shape as number[]);
            return tf.tensor(weight.includes('variance') ? numbers.map((value) => value ** 2) : numbers, shape as number[]);
          }));
        });
      });
      const merged = gradientAt(await model.evaluate({ input, gradient: { of, at: [INPUT] } }), INPUT).data;
      const layers = model.layers.map((layer) => layer.name);
      // Where every value is asked for, each operation has its own gradient.
      const apart = gradientAt(await model.evaluate({ input, gradient: { of, at: [INPUT, ...layers] } }), INPUT).data;
      expect(difference(merged, apart)).toBeLessThan(2e-6);
      const { logits } = await model.evaluate({ input });
      const step = 1e-2;
      // The network is linear: its gradient is any difference quotient, up to rounding.
      const place = 31;
      const moved = await model.evaluate({ input: { ...input, data: input.data.map((value, i) => (i === place ? value + step : value)) } });
      const scale = Math.max(...merged.map(Math.abs));
      expect(Math.abs((moved.logits.data[7]! - logits.data[7]!) / step - merged[place]!) / scale).toBeLessThan(1e-2);
    }
    await model.dispose();
    network.dispose();
  });

  test('a backward pass frees gradients as it goes, and sums keep nothing', async () => {
    const [steps, size] = [30, 1000];
    const engine = await openEngine(name);
    const peak = await engine.exclusive(() => inScope(() => {
      const core = tf.engine();
      const run = core.runKernel.bind(core);
      const input = tf.ones([size]);
      const before = tf.memory().numBytes;
      let most = 0;
      core.runKernel = ((...call: Parameters<typeof run>) => {
        const result = run(...call);
        most = Math.max(most, tf.memory().numBytes - before);
        return result;
      }) as typeof core.runKernel;
      try {
        const { gradients } = differentiate(() => {
          let x: tf.Tensor = input;
          for (let i = 0; i < steps; i++) x = tf.tidy(() => tf.tanh(tf.add(x, 1)));
          const objective = tf.sum(x) as tf.Scalar;
          // What counts is what the backward pass adds: a scope frees its tensors when it ends.
          most = 0;
          return { objective, points: [{ name: 'x', tensor: input }], locate: () => 'here' };
        });
        expect(gradients[0]!.size).toBe(size);
      } finally {
        Reflect.deleteProperty(core, 'runKernel');
      }
      return most;
    }));
    // One value per hyperbolic tangent, and a few that are in use.
    expect(peak).toBeLessThan((steps + 8) * size * 4);
    expect(peak).toBeGreaterThan(steps * size * 4 - 1);
  });

  test('a reshape to the shape that is there keeps the values when its source is freed', async () => {
    expect([...await compute(() => {
      const source = tf.tensor1d([1, 2, 3]);
      const same = tf.reshape(source, [3]);
      source.dispose();
      return tf.add(same, 1);
    })]).toEqual([2, 3, 4]);
  });
});
