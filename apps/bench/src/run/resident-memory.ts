import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Bytes that a process holds in memory, measured from outside: also while it is too busy to say. Null where the system does not tell. */
export function residentMemory(pid: number): number | null {
  try {
    if (process.platform === 'linux') {
      const [, kibibytes] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
      return kibibytes === undefined ? null : Number(kibibytes) * 1024;
    }
    return process.platform === 'win32' ? null : Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) * 1024;
  } catch {
    return null; // It ended in between.
  }
}
