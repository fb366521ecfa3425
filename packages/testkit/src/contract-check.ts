/** One demand on a plugin, to be run by any test runner. `run` throws an Error that says what was violated. */
export interface ContractCheck {
  readonly name: string;
  /** Rejects with an Error that says what was violated. */
  readonly run: () => Promise<void>;
}
