import type { ProgressStream } from '../progress/progress.ts';

/** What the program talks to: results go to `stdout`, progress and logs to `stderr`. */
export interface Terminal {
  readonly stdout: (text: string) => void;
  readonly stderr: ProgressStream;
  /** The folder that relative paths start from. */
  readonly folder: string;
}

/** The terminal of this process. npm runs scripts in the package's folder and keeps that of the user in INIT_CWD. */
export function processTerminal(): Terminal {
  return {
    stdout: (text) => {
      process.stdout.write(text);
    },
    stderr: process.stderr,
    folder: process.env['INIT_CWD'] ?? process.cwd(),
  };
}
