/** Where the command line reads its paths from and writes to. */
export interface Terminal {
  /** Relative paths start here. */
  readonly folder: string;
  /** Results: standard output. */
  readonly print: (text: string) => void;
  /** Progress, notes and errors: standard error. */
  readonly report: (text: string) => void;
  /** Whether a person watches standard error, so that a progress bar makes sense. */
  readonly interactive: boolean;
  /** Fires when the user interrupts the program. */
  readonly signal: AbortSignal;
}

/** The terminal of this process. `npm run` changes the working directory and keeps the user's in INIT_CWD. */
export function processTerminal(signal: AbortSignal): Terminal {
  return {
    folder: process.env['INIT_CWD'] ?? process.cwd(),
    print: (text) => void process.stdout.write(`${text}\n`),
    report: (text) => void process.stderr.write(`${text}\n`),
    interactive: process.stderr.isTTY,
    signal,
  };
}
