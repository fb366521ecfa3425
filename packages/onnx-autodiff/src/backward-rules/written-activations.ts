import { attributeFloat, type NodeProto } from '@pellucid/onnx-graph';
import type { ChainFacts, ChainFinder } from './chain-facts.ts';

type Numbers = (name: string) => number;

/** erf by its series; behind 3.9 it is 1 to more digits than are compared. */
function erf(x: number): number {
  if (Math.abs(x) > 3.9) return Math.sign(x);
  let [sum, term] = [x, x];
  for (let n = 1; n < 80; n++) {
    term *= -x * x / n;
    sum += term / (2 * n + 1);
  }
  return 2 / Math.sqrt(Math.PI) * sum;
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const clip = (x: number, low: number, high: number): number => Math.min(Math.max(x, low), high);

/** What operators make of single numbers. */
const OPERATORS: Readonly<Record<string, (operands: readonly number[], node: NodeProto, opset: number) => number>> = {
  Add: ([a = 0, b = 0]) => a + b,
  Cast: ([a = 0]) => a,
  Clip: ([a = 0, low = -Infinity, high = Infinity], node, opset) => (opset < 11 ? clip(a, attributeFloat(node, 'min', -Infinity), attributeFloat(node, 'max', Infinity)) : clip(a, low, high)),
  Div: ([a = 0, b = 0]) => a / b,
  Erf: ([a = 0]) => erf(a),
  Exp: ([a = 0]) => Math.exp(a),
  HardSigmoid: ([a = 0], node) => clip(attributeFloat(node, 'alpha', 0.2) * a + attributeFloat(node, 'beta', 0.5), 0, 1),
  Identity: ([a = 0]) => a,
  Log: ([a = 0]) => Math.log(a),
  Max: (operands) => Math.max(...operands),
  Min: (operands) => Math.min(...operands),
  Mul: ([a = 0, b = 0]) => a * b,
  Neg: ([a = 0]) => -a,
  Pow: ([a = 0, b = 0]) => a ** b,
  Reciprocal: ([a = 0]) => 1 / a,
  Relu: ([a = 0]) => Math.max(a, 0),
  Sigmoid: ([a = 0]) => sigmoid(a),
  Softplus: ([a = 0]) => softplus(a),
  Sub: ([a = 0, b = 0]) => a - b,
  Tanh: ([a = 0]) => Math.tanh(a),
};

/** Activations that exporters write as products. */
const ACTIVATIONS: readonly (readonly [operator: string, activation: (x: number) => number])[] = [
  ['Gelu', (x) => 0.5 * x * (1 + erf(x / Math.SQRT2))],
  ['Gelu', (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))],
  ['HardSwish', (x) => x * clip(x / 6 + 0.5, 0, 1)],
  ['Mish', (x) => x * Math.tanh(softplus(x))],
  ['Swish', (x) => x * sigmoid(x)],
  ['Swish', (x) => x * sigmoid(1.702 * x)],
];

/** Where functions are compared: inside, at and outside the kinks of those above. */
const PLACES: readonly number[] = [-8, -4, -3, -2.5, -1.7, -1, -0.6, -0.25, 0, 0.3, 0.7, 1, 1.6, 2.2, 3, 3.6, 5, 9];
/** Constants are rounded, to half precision at the most; the forms of Gelu differ by up to 5e-4. */
const ROUNDING = 1e-4;
/** The longest form, of Gelu by tanh, takes nine nodes. */
const MOST_NODES = 12;

/** A numeric function of the one tensor that nodes start from. */
function evaluate(nodes: readonly NodeProto[], x: string, at: number, facts: ChainFacts): number {
  const values = new Map([[x, at]]);
  const valueOf: Numbers = (name) => values.get(name) ?? facts.number(name) ?? NaN;
  let last = NaN;
  for (const node of nodes) {
    last = OPERATORS[node.opType]?.(node.input.map((name) => (name === '' ? undefined : valueOf(name)) as number), node, facts.opset) ?? NaN;
    values.set(node.output[0] ?? '', last);
  }
  return last;
}

function activationOf(nodes: readonly NodeProto[], x: string, facts: ChainFacts): string | null {
  const values = PLACES.map((place) => evaluate(nodes, x, place, facts));
  const isNear = (activation: (x: number) => number): boolean => PLACES.every((place, i) => Math.abs(activation(place) - values[i]!) <= ROUNDING * Math.max(1, Math.abs(place)));
  return ACTIVATIONS.find(([, activation]) => isNear(activation))?.[0] ?? null;
}

/** Numbers may have axes of their own, which they would give to the result. */
const keepsShape = (x: string, output: string, { typeOf }: ChainFacts): boolean => typeOf(x).shape !== null && typeOf(x).shape?.length === typeOf(output).shape?.length;

/** What a node reads that is no known number. */
const operandsOf = (node: NodeProto, { number }: ChainFacts): readonly string[] => [...new Set(node.input.filter((name) => name !== '' && number(name) === null))];

/**
 * Gelu, HardSwish, Mish and Swish in sums and products of one tensor and of numbers, whichever way an exporter wrote them: what the nodes compute is
 * compared with each, number by number.
 */
export const writtenActivation: ChainFinder = (node, facts) => {
  // Each of them is a product, or a quotient, of its operand.
  if (node.opType !== 'Mul' && node.opType !== 'Div') return null;
  const [output = ''] = node.output;
  const nodes: NodeProto[] = [];
  let front = [node];
  while (nodes.length < MOST_NODES) {
    // The last one in the order of the model comes first: all that read what it makes are known then.
    const next = front.toSorted((a, b) => facts.position(b) - facts.position(a))[0];
    if (next === undefined || OPERATORS[next.opType] === undefined) return null;
    nodes.unshift(next);
    const open = new Set(nodes.flatMap((part) => operandsOf(part, facts)).filter((name) => !nodes.some(({ output }) => output.includes(name))));
    const [x = ''] = open;
    const operator = open.size === 1 && nodes.length > 1 ? activationOf(nodes, x, facts) : null;
    if (operator !== null) return keepsShape(x, output, facts) ? { operator, x, parameters: [], output } : null;
    front = [...open].flatMap((name) => facts.producer(name) ?? []);
  }
  return null;
};
