import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Cell } from './cell.ts';
import type { Subject } from './networks.ts';
import { openModel, sampleInput } from './own-side.ts';
import { startPeer } from './peer.ts';
import type { PerfRequest } from './request.ts';

/** The first argument of the process that measures its own memory. */
export const OWN_MEMORY = 'own-memory';

/** A process holds on to what its busiest moment took, so that each figure needs one of its own. */
function ownPeak({ threads }: PerfRequest, backend: string, subject: Subject): number {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(import.meta.dirname, 'main.js'), OWN_MEMORY, backend, subject.path, String(threads)], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the process whose memory is measured ended${status === null ? '' : ` with status ${status}`}: ${stderr.trim().split('\n')[0] ?? ''}`);
  return Number(stdout);
}

async function peerPeak({ python, threads }: PerfRequest, backend: string, subject: Subject): Promise<number | null> {
  if (python === undefined || subject.network === null) return null;
  const folder = mkdtempSync(join(tmpdir(), 'pellucid-perf-'));
  const model = await openModel(backend, subject, threads);
  const { shape, data } = sampleInput(model, 1);
  await model.dispose();
  const file = join(folder, 'input.f32');
  writeFileSync(file, data);
  const peer = startPeer(python);
  try {
    await peer.load(subject.name, file, shape, threads);
    return await peer.peakMemory('integrated-gradients');
  } finally {
    peer.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Peak resident memory of a process that loads the network and computes Integrated Gradients, libraries included. */
export async function measureMemory(request: PerfRequest, backend: string, subject: Subject): Promise<Cell> {
  const ours = ownPeak(request, backend, subject);
  const peer = await peerPeak(request, backend, subject);
  return {
    model: subject.name, backend, method: 'memory', batch: 1, unit: 'MiB', ours, peer, ratio: peer === null ? null : ours / peer, overForward: null,
    rounds: 1, disturbed: 0, quiet: true, error: null,
  };
}
