import { openMember, type TeamSource } from './member.ts';
import type { Tensors } from './shared-tensors.ts';

/** Sessions of the same graph, each on a thread of its own. */
export interface SessionTeam {
  /** How many runs go on at once. */
  readonly size: number;
  /**
   * Runs the graph on the member that has least to do. `read` is given the answers in memory that the next run writes over.
   * @throws Error where the runtime fails, or the member has ended; what `read` throws.
   */
  readonly run: <Result>(feeds: Tensors, read: (answers: Tensors) => Result) => Promise<Result>;
  readonly release: () => Promise<void>;
}

/** Opens sessions on threads of their own. What keeps one from being made fails its first run. */
export function openTeam(size: number, source: TeamSource): SessionTeam {
  const members = Array.from({ length: size }, () => openMember(source));
  return {
    size,
    run: (feeds, read) => members.reduce((idlest, member) => (member.waiting() < idlest.waiting() ? member : idlest)).run(feeds, read),
    release: async () => { await Promise.all(members.map(({ end }) => end())); },
  };
}
