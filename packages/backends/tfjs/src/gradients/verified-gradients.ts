/** Every engine of TensorFlow.js that this package opens, as TensorFlow.js calls them. */
const ALL: readonly string[] = ['wasm', 'cpu', 'tensorflow'];

/**
 * Operations whose gradient with respect to their input was compared with finite differences on each of the named engines, in the
 * form it has after the repairs. A pass that has to cross any other operation is refused. The test beside this file holds a case for
 * every line, and fails where a line has none.
 */
export const VERIFIED_GRADIENTS: ReadonlyMap<string, readonly string[]> = new Map([
  ['Add', ALL],
  ['AvgPool', ALL],
  ['BatchMatMul', ALL],
  ['Conv2D', ALL],
  ['FusedBatchNorm', ALL],
  ['Identity', ALL],
  ['MaxPool', ALL],
  ['Mean', ALL],
  ['Multiply', ALL],
  ['PadV2', ALL],
  ['Relu', ALL],
  ['Reshape', ALL],
  ['Sum', ALL],
  ['fusedConv2d__op', ALL],
  ['fusedMatMul__op', ALL],
]);

/** Whether the gradient of an operation is known to be right on an engine. */
export function isVerified(kernel: string, backend: string): boolean {
  return VERIFIED_GRADIENTS.get(kernel)?.includes(backend) ?? false;
}
