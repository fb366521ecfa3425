import { SingleBar } from 'cli-progress';
import type { Terminal } from './terminal.ts';

/** Shows how far the work is, on standard error. */
export interface ProgressDisplay {
  /** `done` counts whole and started steps of `total`. */
  readonly update: (done: number, what: string) => void;
  readonly stop: () => void;
}

/** A bar where a person watches; else a line whenever another tenth is done. */
export function showProgress(total: number, { interactive, report }: Terminal): ProgressDisplay {
  if (interactive) {
    const bar = new SingleBar({ format: '{bar} {percentage}% | {what} | {eta_formatted} left', stream: process.stderr, hideCursor: true, clearOnComplete: true });
    bar.start(total, 0, { what: '' });
    return {
      update: (done, what) => {
        bar.update(done, { what });
      },
      stop: () => {
        bar.stop();
      },
    };
  }
  let reported = 0;
  return {
    update: (done, what) => {
      const tenths = Math.floor((done / total) * 10);
      if (tenths <= reported) return;
      reported = tenths;
      report(`${tenths * 10} % (${what})`);
    },
    stop: () => undefined,
  };
}
