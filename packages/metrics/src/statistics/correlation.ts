const mean = (values: Float64Array): number => values.reduce((a, b) => a + b, 0) / values.length;

/**
 * Pearson's correlation, -1 to 1. 0 where one side is constant: what tells nothing apart goes along with nothing.
 */
export function pearson(a: Float64Array, b: Float64Array): number {
  const [meanA, meanB] = [mean(a), mean(b)];
  let product = 0;
  let squareA = 0;
  let squareB = 0;
  for (let i = 0; i < a.length; i++) {
    const x = a[i]! - meanA;
    const y = b[i]! - meanB;
    product += x * y;
    squareA += x * x;
    squareB += y * y;
  }
  // Equal numbers can differ from their mean by rounding alone.
  const isConstant = (values: Float64Array): boolean => values.every((value) => value === values[0]);
  if (a.length < 2 || isConstant(a) || isConstant(b)) return 0;
  const scale = Math.sqrt(squareA) * Math.sqrt(squareB);
  return scale === 0 ? 0 : Math.min(Math.max(product / scale, -1), 1);
}

/** The rank of every value from 1 for the lowest; equal values share the mean of their ranks. */
export function ranks(values: Float64Array): Float64Array {
  const order = Uint32Array.from(values.keys()).sort((a, b) => values[a]! - values[b]!);
  const result = new Float64Array(values.length);
  for (let start = 0; start < order.length;) {
    let end = start + 1;
    while (end < order.length && values[order[end]!] === values[order[start]!]) end++;
    for (let i = start; i < end; i++) result[order[i]!] = (start + end + 1) / 2;
    start = end;
  }
  return result;
}

/** Spearman's rank correlation, -1 to 1; 0 where one side is constant. */
export function spearman(a: Float64Array, b: Float64Array): number {
  return pearson(ranks(a), ranks(b));
}
