import { PellucidError } from '../errors/pellucid-error.ts';

/** Checks a memory budget, for backends: what is no number would cut a batch into nothing. @throws OPTION_INVALID. */
export function validateMemoryBudget(memoryBudget: number | undefined, name = 'evaluate'): void {
  if (memoryBudget === undefined || (typeof memoryBudget === 'number' && memoryBudget > 0)) return;
  throw new PellucidError('OPTION_INVALID', { option: 'memoryBudget', name, expected: 'a number of bytes above 0', actual: memoryBudget });
}
