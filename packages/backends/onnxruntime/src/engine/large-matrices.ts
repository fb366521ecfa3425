import { makeValueInfo, nodeReads, normalDomain, rawLength, replaceParts, tensorShape, type NodeProto, type OnnxModel } from '@pellucid/onnx-graph';

/** From 32 MiB on: matrices of dense layers over few rows, where reading the matrix is the work. */
export const LARGE_MATRIX: number = 2 ** 25;

const isProduct = ({ domain, opType }: NodeProto): boolean => normalDomain(domain) === '' && (opType === 'Gemm' || opType === 'MatMul');

const isTransposition = ({ domain, opType }: NodeProto): boolean => normalDomain(domain) === '' && opType === 'Transpose';

/**
 * Matrices that are read as second factor of a matrix product, and by nothing else. ONNX Runtime makes one operator of a product and a transposition
 * that stands between them, as in the gradient of a MatMul.
 */
function secondFactors(model: OnnxModel): ReadonlySet<string> {
  const factors = new Set<string>();
  const others = new Set<string>(model.graph.output.map(({ name }) => name));
  // Backwards, so that the readers of a transposed matrix are known where it is made.
  for (const node of model.graph.node.toReversed()) {
    const transposed = node.output[0] ?? '';
    const passes = isTransposition(node) && factors.has(transposed) && !others.has(transposed);
    const factor = passes ? node.input[0] : isProduct(node) ? node.input[1] : undefined;
    if (factor !== undefined) factors.add(factor);
    for (const [i, name] of nodeReads(node).entries()) if (name !== factor || i !== (passes ? 0 : 1)) others.add(name);
  }
  return new Set([...factors].filter((name) => !others.has(name)));
}

/**
 * Lists large matrices as inputs with a default value, which makes ONNX Runtime use them as they are. Of a constant matrix every session makes
 * two copies, one of them packed for its kernels, for each product that reads it; a product with few rows gains nothing from that.
 */
export function leaveLargeMatrices(model: OnnxModel, smallest: number = LARGE_MATRIX): OnnxModel {
  const factors = secondFactors(model);
  const large = model.graph.initializer.filter((tensor) => rawLength(tensor) >= smallest && tensor.dims.length === 2 && factors.has(tensor.name));
  if (large.length === 0) return model;
  const inputs = large.map((tensor) => makeValueInfo(tensor.name, { elementType: tensor.dataType, shape: tensorShape(tensor) }));
  return replaceParts(model, { input: [...model.graph.input, ...inputs] });
}
