import { cpus } from 'node:os';

/** Calls in a row. */
export interface Block {
  /** Milliseconds of each call that counts. */
  readonly times: readonly number[];
  /** Seconds of processor time that the process used meanwhile, for calls that do not count, too. */
  readonly cpu: number;
}

/** A block, and whether anything else had the processor meanwhile. */
export interface ObservedBlock extends Block {
  readonly quiet: boolean;
}

/** The share of one core that others may use during a block. */
const FOREIGN_SHARE = 0.06;
/** The system counts processor time in ticks: two of them are no disturbance. */
const TICKS = 0.021;

const machineSeconds = (): number => cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0) / 1000;

function ownSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** Makes calls for at least so long, after one that is not counted unless a call alone takes longer. */
export async function ownBlock(call: () => Promise<unknown>, seconds: number): Promise<Block> {
  const started = performance.now();
  const cpu = ownSeconds();
  await call();
  const once = performance.now() - started;
  const times = once > 1000 * seconds ? [once] : [];
  for (let total = once > 1000 * seconds ? once : 0; total < 1000 * seconds;) {
    const begin = performance.now();
    await call();
    times.push(performance.now() - begin);
    total += times.at(-1) ?? 0;
  }
  return { times, cpu: ownSeconds() - cpu };
}

/** Runs a block and compares what the machine did with what this process, and `other` while it works for us, account for. */
export async function observe(run: () => Promise<Block>, isOwn: boolean): Promise<ObservedBlock> {
  const [machine, own, begin] = [machineSeconds(), ownSeconds(), performance.now()];
  const block = await run();
  const wall = (performance.now() - begin) / 1000;
  const accounted = ownSeconds() - own + (isOwn ? 0 : block.cpu);
  const foreign = (machineSeconds() - machine - accounted) / wall;
  return { ...block, quiet: foreign < Math.max(FOREIGN_SHARE, TICKS / wall) };
}

/** The middle value. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
