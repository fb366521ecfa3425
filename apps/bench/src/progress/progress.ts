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

/** What is to be shown. */
export interface ProgressSettings {
  /** Cells to come. */
  readonly total: number;
  /** Seconds until all are done, as far as is known. @defaultValue as if the rest goes on as what is done */
  readonly rest?: (() => number) | undefined;
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

/** A guess for people, no more exact than it is: to 5 s below two minutes, to half a minute above. */
export function formatRest(seconds: number): string {
  if (!Number.isFinite(seconds)) return 'time left not known yet';
  const step = seconds < 120 ? 5 : 30;
  return `about ${formatDuration(Math.ceil(seconds / step) * step)} left`;
}

/** Lines at each twentieth of the way, for logs. */
function lineProgress(stream: ProgressStream, total: number, elapsed: () => number, rest: (done: number) => number): Progress {
  let done = 0;
  const log = (text: string): void => {
    stream.write(`${text}\n`);
  };
  return {
    tick: (text) => {
      done++;
      const twentieth = (count: number): number => Math.floor((20 * count) / total);
      if (twentieth(done) === twentieth(done - 1)) return;
      log(`[${done}/${total}] ${formatDuration(elapsed())}, ${formatRest(rest(done))}; last: ${text}`);
    },
    log,
    stop: () => undefined,
  };
}

/** A bar, for terminals. */
function barProgress(stream: ProgressStream, total: number, elapsed: () => number, rest: (done: number) => number): Progress {
  const bar = new SingleBar({
    stream: process.stderr,
    format: '{bar} {value}/{total}  {passed}, {left}  {last}',
    barsize: 24,
    fps: 4,
    clearOnComplete: true,
  });
  let done = 0;
  bar.start(total, 0, { passed: '', left: '', last: '' });
  return {
    tick: (last) => {
      done++;
      bar.update(done, { passed: formatDuration(elapsed()), left: formatRest(rest(done)), last });
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
export function startProgress(stream: ProgressStream, { total, rest }: ProgressSettings): Progress {
  const started = performance.now();
  const elapsed = (): number => (performance.now() - started) / 1000;
  const left = (done: number): number => (rest === undefined ? estimateRest(elapsed(), done, total) : rest());
  return stream.isTTY === true ? barProgress(stream, total, elapsed, left) : lineProgress(stream, total, elapsed, left);
}
