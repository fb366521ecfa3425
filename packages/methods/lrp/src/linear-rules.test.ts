import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { loadModel, type OnnxCapability } from '@pellucid/backend-onnxruntime';
import { gradientAt, INPUT, randomStream, tensor, type BackwardRules, type ModelAdapter } from '@pellucid/core';
import { ElementType, intsAttribute, makeModel, makeNode, makeTensor, makeValueInfo, writeModel, type NodeProto } from '@pellucid/onnx-graph';
import {
  alpha1Beta0Rule, alphaBetaRule, epsilonRule, flatRule, gammaRule, ruleOf, signedGammaRule, wSquareRule, zBoxRule, zPlusRule, type LinearRule,
} from './linear-rules.ts';

const EPSILON = 0.05;
const [LOW, HIGH, GAMMA] = [-2.5, 3, 0.4];

/** A linear layer written out: z_o = sum_i x_i w[o][i] + b[o]. `connected` tells a weight of 0 from none. */
interface Dense {
  readonly weight: readonly (readonly number[])[];
  readonly connected: readonly (readonly boolean[])[];
  readonly bias: readonly number[];
}

const up = (value: number): number => Math.max(value, 0);
const down = (value: number): number => Math.min(value, 0);
const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/** R_i = sum_o c_oi / (sum_i c_oi + b_o + epsilon sign) R_o, for contributions c(x, w) and the bias that counts. */
function shares(
  { weight, connected, bias }: Dense, x: readonly number[], relevance: readonly number[],
  contribution: (x: number, w: number, z: number) => number, counted: (b: number, z: number) => number,
): number[] {
  return x.map((_, i) => sum(weight.map((row, o) => {
    const z = sum(row.map((w, j) => w * x[j]!)) + bias[o]!;
    const parts = row.map((w, j) => (connected[o]![j]! ? contribution(x[j]!, w, z) : 0));
    const denominator = sum(parts) + counted(bias[o]!, z);
    return (parts[i]! / (denominator + (denominator < 0 ? -EPSILON : EPSILON))) * relevance[o]!;
  })));
}

type Twin = (layer: Dense, x: readonly number[], relevance: readonly number[]) => number[];

const none = (): number => 0;
const RULES: readonly (readonly [name: string, rule: LinearRule, twin: Twin])[] = [
  ['epsilon', epsilonRule(EPSILON), (...layer) => shares(...layer, (x, w) => x * w, (b) => b)],
  ['gamma', gammaRule(GAMMA, EPSILON), (...layer) => shares(...layer, (x, w) => x * (w + GAMMA * up(w)), (b) => b)],
  ['alpha1-beta0', alpha1Beta0Rule(EPSILON), (...layer) => shares(...layer, (x, w) => x * up(w), (b) => b)],
  ['z-plus', zPlusRule(EPSILON), (...layer) => shares(...layer, (x, w) => up(x * w), up)],
  ['alpha2-beta1', alphaBetaRule(2, 1, EPSILON), (...layer) => {
    const lowering = shares(...layer, (x, w) => down(x * w), down);
    return shares(...layer, (x, w) => up(x * w), up).map((value, i) => 2 * value - lowering[i]!);
  }],
  ['gamma of any sign', signedGammaRule(GAMMA, EPSILON), (...layer) => {
    const part = (z: number): typeof up => (z > 0 ? up : down);
    return shares(...layer, (x, w, z) => x * w + GAMMA * part(z)(x * w), (b, z) => b + GAMMA * part(z)(b));
  }],
  ['flat', flatRule(EPSILON), (...layer) => shares(...layer, () => 1, none)],
  ['w-square', wSquareRule(EPSILON), (...layer) => shares(...layer, (_, w) => w * w, none)],
  ['z-box', zBoxRule(LOW, HIGH, EPSILON), (...layer) => shares(...layer, (x, w) => x * w - LOW * up(w) - HIGH * down(w), none)],
];

const draws = (name: string, count: number): number[] => Array.from({ length: count }, randomStream(3, name).normal);

/** A convolution [out, in, 3, 3] with padding 1 and stride 2 over 5x4 values, written out. */
function denseConvolution(w: readonly number[], bias: readonly number[]): Dense {
  const [outputs, inputs, height, width, outHeight, outWidth] = [2, 2, 5, 4, 3, 2] as const;
  const places = Array.from({ length: outputs * outHeight * outWidth }, (_, o) => o);
  const tapOf = (o: number, i: number): number | null => {
    const [k, row, column] = [Math.floor(o / (outHeight * outWidth)), Math.floor(o / outWidth) % outHeight, o % outWidth];
    const [channel, y, x] = [Math.floor(i / (height * width)), Math.floor(i / width) % height, i % width];
    const [dy, dx] = [y - (2 * row - 1), x - (2 * column - 1)];
    return dy < 0 || dy > 2 || dx < 0 || dx > 2 ? null : ((k * inputs + channel) * 3 + dy) * 3 + dx;
  };
  const table = places.map((o) => Array.from({ length: inputs * height * width }, (_, i) => tapOf(o, i)));
  return {
    weight: table.map((row) => row.map((tap) => (tap === null ? 0 : w[tap]!))),
    connected: table.map((row) => row.map((tap) => tap !== null)),
    bias: places.map((o) => bias[Math.floor(o / (outHeight * outWidth))]!),
  };
}

interface Layer {
  readonly shape: readonly number[];
  readonly weightShape: readonly number[];
  readonly node: NodeProto;
  readonly dense: Dense;
  readonly weights: readonly number[];
  readonly bias: readonly number[];
}

const convWeights = draws('conv', 36);
const denseWeights = draws('dense', 12);
const LAYERS: Readonly<Record<string, Layer>> = {
  'a convolution': {
    shape: [2, 5, 4], weightShape: [2, 2, 3, 3], weights: convWeights, bias: [0.5, -0.75], dense: denseConvolution(convWeights, [0.5, -0.75]),
    node: makeNode('Conv', ['x', 'w', 'b'], ['y'], [intsAttribute('pads', [1, 1, 1, 1]), intsAttribute('strides', [2, 2])]),
  },
  'a dense layer': {
    shape: [4], weightShape: [4, 3], weights: denseWeights, bias: [0.5, -0.25, 1],
    dense: {
      weight: [0, 1, 2].map((o) => [0, 1, 2, 3].map((i) => denseWeights[i * 3 + o]!)), connected: [0, 1, 2].map(() => [true, true, true, true]),
      bias: [0.5, -0.25, 1],
    },
    node: makeNode('Gemm', ['x', 'w', 'b'], ['y']),
  },
};

for (const [title, { shape, weightShape, node, dense, weights, bias }] of Object.entries(LAYERS)) {
  describe(title, () => {
    const { FLOAT } = ElementType;
    let model: ModelAdapter<OnnxCapability>;
    beforeAll(async () => {
      model = await loadModel(writeModel(makeModel({
        name: 'layer', opset: 17, producer: 'test', nodes: [node],
        initializers: [makeTensor('w', FLOAT, weightShape, weights), makeTensor('b', FLOAT, [bias.length], bias)],
        inputs: [makeValueInfo('x', { elementType: FLOAT, shape: ['n', ...shape] })], outputs: [makeValueInfo('y', { elementType: FLOAT, shape: null })],
      })));
    });
    afterAll(() => model.dispose());

    test.each(RULES)('%s is what it is on a layer that is written out', async (name, linearRule, twin) => {
      const x = draws('x', shape.reduce((a, b) => a * b, 1));
      const relevance = draws('relevance', dense.bias.length);
      const rule = ruleOf(linearRule);
      const rules: BackwardRules = { name, rules: { conv: rule, dense: rule } };
      const of = { kind: 'cotangent', cotangent: tensor([1, relevance.length], relevance) } as const;
      const values = gradientAt(await model.evaluate({ input: tensor([1, ...shape], x), gradient: { of, at: [INPUT], rules } }), INPUT);
      const expected = twin(dense, x, relevance);
      const largest = Math.max(...expected.map(Math.abs));
      // A denominator near 0 magnifies the rounding of single precision by 1/epsilon.
      expected.forEach((value, i) => expect(Math.abs(values.data[i]! - value) / largest).toBeLessThanOrEqual(2e-5));
    });
  });
}
