/** Stretches of work by the team, of as many chunks, after which it is decided. */
const STRETCHES = 8;

/** Tells whether a team takes less time for the same work than the session that it stands beside. */
export interface TeamTrial {
  /** Told when a batch is begun, and by whom. @returns to be called when it has ended, with the number of its chunks; null: it failed */
  readonly begin: (byTeam: boolean) => (chunks: number | null) => void;
}

interface Stretch {
  readonly started: number;
  readonly byTeam: boolean;
  tellsNothing: boolean;
  chunks: number;
}

/**
 * Compares stretches of work, from where nothing is asked for to where nothing is asked for again: batches overlap. Two members side by side may each wait for
 * memory longer than a session with both threads takes: networks for images of 28x28 in chunks of 32.
 * @param dismiss - called once where the team takes longer, by the least times @param now - milliseconds
 */
export function teamTrial(dismiss: () => void, now: () => number = () => performance.now()): TeamTrial {
  const alone = new Map<number, number>();
  const together = new Map<number, number[]>();
  let [running, isDecided] = [0, false];
  let stretch: Stretch = { started: 0, byTeam: false, tellsNothing: false, chunks: 0 };
  const record = ({ started, byTeam, tellsNothing, chunks }: Stretch): void => {
    if (tellsNothing || isDecided) return;
    const time = now() - started;
    if (!byTeam) {
      alone.set(chunks, Math.min(alone.get(chunks) ?? Infinity, time));
      return;
    }
    const times = [...(together.get(chunks) ?? []), time];
    together.set(chunks, times);
    const before = alone.get(chunks);
    if (before === undefined || times.length < STRETCHES) return;
    isDecided = true;
    if (Math.min(...times) > before) dismiss();
  };
  return {
    begin(byTeam) {
      if (running++ === 0) stretch = { started: now(), byTeam, tellsNothing: false, chunks: 0 };
      stretch.tellsNothing ||= stretch.byTeam !== byTeam;
      return (chunks) => {
        stretch.chunks += chunks ?? 0;
        stretch.tellsNothing ||= chunks === null;
        if (--running === 0) record(stretch);
      };
    },
  };
}
