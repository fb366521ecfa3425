import { readFileSync, writeFileSync } from 'node:fs';

/** Lets Linux count the most memory of this process from now on; other systems know only what it holds at a moment. */
function resetPeak(): boolean {
  try {
    writeFileSync('/proc/self/clear_refs', '5');
    return true;
  } catch {
    return false;
  }
}

function readPeak(): number | null {
  try {
    const [, kibibytes] = /VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
    return kibibytes === undefined ? null : Number(kibibytes) * 1024;
  } catch {
    return null;
  }
}

/** What something gave, how long it took, and the most memory that the process held meanwhile. */
export interface Measured<Value> {
  readonly value: Value;
  readonly seconds: number;
  readonly peakMemoryBytes: number;
}

/** Runs something and measures time and memory. Where the peak cannot be counted, the larger of what is held before and after. */
export async function measure<Value>(work: () => Promise<Value>): Promise<Measured<Value>> {
  const counted = resetPeak();
  const before = process.memoryUsage.rss();
  const started = performance.now();
  const value = await work();
  const seconds = (performance.now() - started) / 1000;
  const peak = counted ? readPeak() : null;
  return { value, seconds, peakMemoryBytes: peak ?? Math.max(before, process.memoryUsage.rss()) };
}
