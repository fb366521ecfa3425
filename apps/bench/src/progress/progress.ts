import { SingleBar } from 'cli-progress';

/** Tells how far a run is. */
export interface Progress {
  /** One cell ended. */
  readonly tick: (text: string) => void;
  /** A line that stays. */
  readonly log: (text: string) => void;
  readonly stop: () => void;
}

/** Where progress goes: standard error, which may be a terminal. */
export interface ProgressStream {
  readonly isTTY?: boolean | undefined;
  readonly write: (text: string) => unknown;
}

/** A duration for people: `45 s`, `3 min 20 s`. */
export function formatDuration(seconds: number): string {
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** The time that is left, if the rest goes on as what is done. */
export function estimateRest(elapsedSeconds: number, done: number, total: number): number {
  return done === 0 ? NaN : (elapsedSeconds / done) * (total - done);
}

/** Lines at each twentieth of the way, for logs. */
function lineProgress(stream: ProgressStream, total: number, started: number): Progress {
  let done = 0;
  const log = (text: string): void => {
    stream.write(`${text}\n`);
  };
  return {
    tick: (text) => {
      done++;
      const twentieth = (count: number): number => Math.floor((20 * count) / total);
      if (twentieth(done) === twentieth(done - 1)) return;
      const elapsed = (performance.now() - started) / 1000;
      log(`[${done}/${total}] ${formatDuration(elapsed)}, about ${formatDuration(estimateRest(elapsed, done, total))} left; last: ${text}`);
    },
    log,
    stop: () => undefined,
  };
}

/** A bar, for terminals. */
function barProgress(stream: ProgressStream, total: number, started: number): Progress {
  const bar = new SingleBar({
    stream: process.stderr,
    format: '{bar} {value}/{total}  {left}  {last}',
    barsize: 24,
    fps: 4,
    clearOnComplete: true,
  });
  let done = 0;
  bar.start(total, 0, { left: '', last: '' });
  return {
    tick: (last) => {
      done++;
      const left = `about ${formatDuration(estimateRest((performance.now() - started) / 1000, done, total))} left`;
      bar.update(done, { left, last });
    },
    log: (text) => {
      // The bar redraws itself below the line.
      stream.write(`\r\u001b[K${text}\n`);
    },
    stop: () => {
      bar.stop();
    },
  };
}

/** Progress over so many cells: a bar on a terminal, lines elsewhere. */
export function startProgress(stream: ProgressStream, total: number): Progress {
  const started = performance.now();
  return stream.isTTY === true ? barProgress(stream, total, started) : lineProgress(stream, total, started);
}
