import { fusedParts, nodeName, type StoredNode } from './stored-graph.ts';

/** Fused operations, and the product that each begins with. */
const PRODUCTS: ReadonlyMap<string, string> = new Map([
  ['FusedDepthwiseConv2dNative', 'DepthwiseConv2dNative'], ['_FusedConv2D', 'Conv2D'], ['_FusedMatMul', 'MatMul'],
]);
/** Activations that a fused operation ends with and that are nodes of one input, too. */
const ACTIVATIONS: ReadonlySet<string> = new Set(['Elu', 'LeakyRelu', 'Relu', 'Relu6', 'Sigmoid', 'Tanh']);

/** Attributes that a product by itself does not have. */
const FUSING: ReadonlySet<string> = new Set(['fused_ops', 'leakyrelu_alpha', 'num_args']);

/** The product, the sum and, where there is one, the activation as nodes of their own; the last one keeps the name. */
function takeApart(node: StoredNode, activation: string | undefined): StoredNode[] {
  const { name, op, input = [], attr = {} } = node;
  const [x = '', weight = '', summand = ''] = input;
  const { leakyrelu_alpha: alpha } = attr;
  const own = Object.fromEntries(Object.entries(attr).filter(([key]) => !FUSING.has(key)));
  const type = { T: attr['T'] };
  const product = { name: `${name}/product`, op: PRODUCTS.get(op) ?? op, input: [x, weight], attr: own };
  const sum = { name: activation === undefined ? name : `${name}/sum`, op: 'AddV2', input: [product.name, summand], attr: type };
  if (activation === undefined) return [product, sum];
  return [product, sum, { name, op: activation, input: [sum.name], attr: { ...type, ...(alpha !== undefined && { alpha }) } }];
}

/**
 * A graph whose fused operations add stored biases alone. TensorFlow's optimiser takes whatever is added to a product for its bias, so that a
 * residual sum ends up inside a convolution: WebAssembly refuses that, and rules for convolutions would not see the other branch.
 */
export function withResidualSums(nodes: readonly StoredNode[]): readonly StoredNode[] {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const isStored = (input: string): boolean => {
    const node = byName.get(nodeName(input));
    return node?.op === 'Const' || (node?.op === 'Identity' && node.input?.[0] !== undefined && isStored(node.input[0]));
  };
  const hidesSum = (node: StoredNode): boolean => {
    const [first, activation, ...more] = PRODUCTS.has(node.op) ? fusedParts(node) : [];
    const summand = node.input?.[2];
    if (first !== 'BiasAdd' || summand === undefined || isStored(summand) || more.length > 0) return false;
    return activation === undefined || ACTIVATIONS.has(activation);
  };
  return nodes.some(hidesSum) ? nodes.flatMap((node) => (hidesSum(node) ? takeApart(node, fusedParts(node)[1]) : [node])) : nodes;
}
