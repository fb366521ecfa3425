import { isPellucidError } from '@pellucid/core';
import { CommanderError } from 'commander';

/** What the shell is told at the end. */
export interface Outcome {
  /** 0 done, 2 the request or the input was bad, 1 anything else. */
  readonly status: 0 | 1 | 2;
  /** For standard error; null where the message is out already. */
  readonly message: string | null;
}

/** Turns a caught value into an exit status and a message. Only a defect of the program itself shows where it happened. */
export function presentError(error: unknown): Outcome {
  if (error instanceof CommanderError) return { status: error.exitCode === 0 ? 0 : 2, message: null };
  if (isPellucidError(error)) {
    return { status: error.code === 'ABORTED' ? 1 : 2, message: `pellucid: ${error.message} [${error.code}]` };
  }
  const description = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { status: 1, message: `pellucid: unexpected failure, please report it: ${description}` };
}
