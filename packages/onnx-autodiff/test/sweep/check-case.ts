import { ElementType, makeTensor, tensorShape, tensorValues } from '@pellucid/onnx-graph';
import { gradientError, NotRunnable, type RuleCase } from '../check-rule.ts';

/** What became of a case. */
export interface CaseResult {
  readonly precision: 'double' | 'single' | 'not runnable';
  /** The runtime's reason, or the largest difference to the slope, relative to the length of the gradient. */
  readonly reason?: string;
  readonly error: number;
}

/** The case in single precision. */
function inSingle(item: RuleCase): RuleCase {
  const constants = item.constants?.map((tensor) => (tensor.dataType === Number(ElementType.DOUBLE)
    ? makeTensor(tensor.name, ElementType.FLOAT, tensorShape(tensor), Float64Array.from(tensorValues(tensor), Number))
    : tensor));
  return { ...item, single: true, ...(constants && { constants }) };
}

const lacksKernel = (error: unknown): boolean => error instanceof NotRunnable || /NOT_IMPLEMENTED|Could not find an implementation/.test(String(error));

/** Checks a case in double precision where the runtime has the kernels, for the operator and for its gradient, else in single. */
export async function checkCase(item: RuleCase): Promise<CaseResult> {
  if (item.single !== true) {
    try {
      return { precision: 'double', error: await gradientError(item) };
    } catch (error) {
      if (!lacksKernel(error)) throw error;
    }
  }
  try {
    return { precision: 'single', error: await gradientError(inSingle(item)) };
  } catch (error) {
    if (!(error instanceof NotRunnable)) throw error;
    return { precision: 'not runnable', reason: error.message, error: 0 };
  }
}
