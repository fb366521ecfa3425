import { isPellucidError } from '@pellucid/core';
import type { Failure } from '../store/result-row.ts';

/** An error of any kind as data. */
export function asFailure(error: unknown): Failure {
  if (isPellucidError(error)) return { code: error.code, message: error.message };
  return { code: 'UNEXPECTED', message: error instanceof Error ? error.message : String(error) };
}
