import type { SessionTeam } from './session-team.ts';
import type { Tensors } from './shared-tensors.ts';
import { teamTrial, type TeamTrial } from './team-trial.ts';

/**
 * What a session has to take for chunks of batches, in milliseconds, before a team is opened beside it: as much as opening takes, so that a single
 * explanation does not pay for what it does not use.
 */
const WORTH = 1000;

/** A team that is opened once its session has had enough to do, and is used where its answers are the session's, in less time. */
export interface GrowingTeam extends TeamTrial {
  /** The team, from when it is ready. */
  readonly ready: () => SessionTeam | null;
  /** Tells what the session answered to a chunk, and in how many milliseconds. */
  readonly note: (feeds: Tensors, answers: Tensors, milliseconds: number) => void;
  readonly release: () => Promise<void>;
}

function isEqual(answers: Tensors, others: Tensors): boolean {
  return Object.entries(answers).every(([name, { data }]) => {
    const other = others[name]?.data;
    return ArrayBuffer.isView(data) && ArrayBuffer.isView(other) && data.length === other.length && data.every((value, i) => Object.is(value, other[i]));
  });
}

/**
 * Grows a team beside a session. Some operators add in another order on one thread than on several: an answer must not depend on when it was asked for, so
 * that a team whose answers to a chunk are not the session's bit for bit is dismissed.
 */
export function growTeam(open: () => SessionTeam, worth: number = WORTH): GrowingTeam {
  let spent = 0;
  let opening: Promise<SessionTeam | null> | null = null;
  let team: SessionTeam | null = null;

  const tryOut = async (feeds: Tensors, answers: Tensors): Promise<SessionTeam | null> => {
    const candidate = open();
    // What fails here is the session's to do, and its error where it fails too.
    const trials = await Promise.allSettled(Array.from({ length: candidate.size }, () => candidate.run(feeds, (others) => isEqual(answers, others))));
    if (trials.every((trial) => trial.status === 'fulfilled' && trial.value)) return candidate;
    await candidate.release();
    return null;
  };

  const dismiss = (): void => {
    const slower = team;
    team = null;
    void slower?.release();
  };

  return {
    ...teamTrial(dismiss),
    ready: () => team,
    note(feeds, answers, milliseconds) {
      spent += milliseconds;
      if (opening !== null || spent < worth) return;
      opening = tryOut(feeds, answers).catch(() => null);
      void opening.then((found) => { team = found; });
    },
    async release() {
      team = null;
      const found = await opening;
      team = null;
      await found?.release();
    },
  };
}
