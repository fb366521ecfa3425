import { median, observe, ownBlock, type Block, type ObservedBlock } from './blocks.ts';

/** One figure of the table. Times are milliseconds per call of a whole batch; memory is MiB. */
export interface Cell {
  readonly model: string;
  readonly backend: string;
  readonly method: string;
  readonly batch: number;
  readonly unit: 'ms' | 'MiB';
  /** `null`: nothing could be measured. */
  readonly ours: number | null;
  readonly peer: number | null;
  /** Ours over the peer's: the median over rounds. */
  readonly ratio: number | null;
  /** Ours over our own forward pass: the median over rounds. */
  readonly overForward: number | null;
  readonly rounds: number;
  /** Rounds that were thrown away because others used the processor. */
  readonly disturbed: number;
  /** False: no round was undisturbed, so that all were used. */
  readonly quiet: boolean;
  /** Why a side has no figure, where it failed. */
  readonly error: string | null;
}

/** What tells cells apart. */
export type CellNames = Pick<Cell, 'model' | 'backend' | 'method' | 'batch'>;

/** The first line of what went wrong. */
export function reason(error: unknown): string {
  const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
  return line;
}

/** The row of a cell of which nothing could be measured. */
export function failedCell(names: CellNames, error: unknown): Cell {
  return {
    ...names, unit: names.method === 'memory' ? 'MiB' : 'ms', ours: null, peer: null, ratio: null, overForward: null, rounds: 0, disturbed: 0, quiet: true, error: reason(error),
  };
}

/** The calls that alternate. */
export interface Contestants {
  readonly ours: () => Promise<unknown>;
  readonly forward: () => Promise<unknown>;
  readonly peer: ((seconds: number) => Promise<Block>) | null;
}

/** How long a cell may look for undisturbed rounds, as a multiple of those that it wants. */
const PATIENCE = 3;

interface Round {
  readonly ours: ObservedBlock;
  readonly forward: ObservedBlock;
  readonly peer: ObservedBlock | null;
}

async function playRound({ ours, forward, peer }: Contestants, seconds: number): Promise<Round> {
  return {
    forward: await observe(() => ownBlock(forward, seconds), true),
    ours: await observe(() => ownBlock(ours, seconds), true),
    peer: peer && (await observe(() => peer(seconds), false)),
  };
}

const isQuiet = ({ ours, forward, peer }: Round): boolean => ours.quiet && forward.quiet && (peer?.quiet ?? true);

/** Blocks of both sides in turn, so that a ratio holds even where the machine's speed drifts. */
export async function measureCell(
  names: CellNames, contestants: Contestants, rounds: number, seconds: number,
): Promise<Cell> {
  const quiet: Round[] = [];
  const all: Round[] = [];
  await contestants.ours();
  while (quiet.length < rounds && all.length < PATIENCE * rounds) {
    const round = await playRound(contestants, seconds);
    all.push(round);
    if (isQuiet(round)) quiet.push(round);
  }
  const used = quiet.length > 0 ? quiet : all;
  const middle = ({ times }: Block): number => median(times);
  const peers = used.flatMap(({ peer }) => (peer === null ? [] : [peer]));
  return {
    ...names, unit: 'ms',
    ours: median(used.map(({ ours }) => middle(ours))),
    peer: peers.length === 0 ? null : median(peers.map(middle)),
    ratio: peers.length === 0 ? null : median(used.map(({ ours, peer }) => middle(ours) / (peer === null ? NaN : middle(peer)))),
    overForward: median(used.map(({ ours, forward }) => middle(ours) / middle(forward))),
    rounds: used.length, disturbed: all.length - quiet.length, quiet: quiet.length > 0, error: null,
  };
}
