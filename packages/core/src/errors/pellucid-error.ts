import { ERRORS, type ErrorCode, type ErrorDetails } from './table.ts';

/**
 * An error that the caller can act on. Branch on `code`, which is stable, not on `instanceof`: two copies of core may be loaded.
 */
export class PellucidError<Code extends ErrorCode = ErrorCode> extends Error {
  override readonly name: string = 'PellucidError';
  readonly code: Code;
  readonly details: ErrorDetails<Code>;

  constructor(code: Code, details: ErrorDetails<Code>, options?: { readonly cause?: unknown }) {
    const values: Readonly<Record<string, string | number>> = details;
    super(ERRORS[code].message.replace(/\{(\w+)\}/g, (_, key: string) => String(values[key])).trimEnd(), options);
    this.code = code;
    this.details = details;
  }
}

/** Whether a caught value is one of Pellucid's typed errors, also from another copy of core. */
export function isPellucidError(value: unknown): value is PellucidError {
  return value instanceof Error && value.name === 'PellucidError' && 'code' in value && String(value.code) in ERRORS;
}

/** Throws `ABORTED` once the signal has fired. */
export function throwIfAborted(signal: AbortSignal | undefined, what: string): void {
  if (signal?.aborted) throw new PellucidError('ABORTED', { what }, { cause: signal.reason });
}
