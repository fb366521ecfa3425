import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { isPellucidError, type ModelAdapter } from '@pellucid/core';
import { median } from './blocks.ts';
import { measureCell, type Cell } from './cell.ts';
import { measureMemory, OWN_MEMORY } from './memory.ts';
import type { MethodName } from './methods.ts';
import { findSubjects, type Subject } from './networks.ts';
import { openModel, ownCall, ownPeakMemory, predict, reads, sampleInput, timeStart } from './own-side.ts';
import { startPeer, type Peer } from './peer.ts';
import { table } from './report.ts';
import { readRequest, usage, type PerfRequest } from './request.ts';

/** Where the program reads its paths from and writes to. */
export interface Terminal {
  readonly folder: string;
  readonly print: (text: string) => void;
  readonly report: (text: string) => void;
}

/** What stays the same while the cells are measured. */
interface Session {
  readonly request: PerfRequest;
  readonly peer: Peer | null;
  /** Where inputs are handed to the peer. */
  readonly scratch: string;
  readonly report: (text: string) => void;
}

/** How often the way to the first gradient is gone. */
const STARTS = 3;

async function startCell({ request: { threads } }: Session, backend: string, subject: Subject): Promise<Cell> {
  const times: number[] = [];
  for (let i = 0; i < STARTS; i++) times.push(await timeStart(backend, subject, threads));
  return {
    model: subject.name, backend, method: 'start', batch: 1, unit: 'ms', ours: median(times), peer: null, ratio: null, overForward: null,
    rounds: STARTS, disturbed: 0, quiet: true,
  };
}

async function loadPeer({ peer, request, scratch }: Session, subject: Subject, model: ModelAdapter, batch: number, targets: readonly number[]): Promise<Peer | null> {
  if (peer === null || subject.network === null) return null;
  const input = sampleInput(model, batch);
  const file = join(scratch, 'input.f32');
  writeFileSync(file, input.data);
  const theirs = await peer.load(subject.name, file, input.shape, request.threads);
  if (theirs.join() !== targets.join()) throw new Error(`internal: the two sides of ${subject.name} do not compute the same`);
  return peer;
}

async function measureBatch(session: Session, backend: string, subject: Subject, model: ModelAdapter, batch: number, methods: readonly MethodName[]): Promise<Cell[]> {
  const { request, report } = session;
  const input = sampleInput(model, batch);
  const targets = await predict(model, input);
  const peer = await loadPeer(session, subject, model, batch, targets);
  const layer = subject.network?.layer;
  const cells: Cell[] = [];
  for (const method of methods) {
    report(`${subject.name}, ${backend}, ${method}, batch ${batch} ...`);
    const contestants = {
      ours: ownCall(model, method, layer, input, targets),
      forward: ownCall(model, 'forward', layer, input, targets),
      peer: peer && ((seconds: number) => peer.time(method, layer ?? '', seconds)),
    };
    cells.push(await measureCell({ model: subject.name, backend, method, batch }, contestants, request.rounds, request.seconds));
  }
  return cells;
}

async function measureSubject(session: Session, backend: string, subject: Subject): Promise<Cell[]> {
  const { request, report } = session;
  const cells: Cell[] = [];
  const timed = request.methods.filter((method) => method !== 'start' && method !== 'memory');
  if (timed.length > 0) {
    const model = await openModel(backend, subject, request.threads);
    for (const batch of subject.network?.batches ?? [1]) cells.push(...(await measureBatch(session, backend, subject, model, batch, timed)));
    await model.dispose();
  }
  if (request.methods.includes('start')) {
    report(`${subject.name}, ${backend}, start ...`);
    cells.push(await startCell(session, backend, subject));
  }
  if (request.methods.includes('memory')) {
    report(`${subject.name}, ${backend}, memory ...`);
    cells.push(await measureMemory(request, backend, subject));
  }
  return cells;
}

async function measureAll(session: Session, subjects: readonly Subject[]): Promise<Cell[]> {
  const cells: Cell[] = [];
  for (const backend of session.request.backends) {
    for (const subject of subjects) {
      if (reads(backend, subject)) cells.push(...(await measureSubject(session, backend, subject)));
      else session.report(`${backend} does not read ${subject.path}: left out`);
    }
  }
  return cells;
}

async function measure(request: PerfRequest, { print, report }: Terminal): Promise<void> {
  const subjects = findSubjects(request, report);
  if (request.python === undefined) report('no --peer-python: ours alone is measured');
  const scratch = mkdtempSync(join(tmpdir(), 'pellucid-perf-'));
  const peer = request.python === undefined ? null : startPeer(request.python);
  try {
    const started = new Date().toISOString();
    const cells = await measureAll({ request, peer, scratch, report }, subjects);
    const machine = { processor: cpus()[0]?.model ?? '', cores: cpus().length, platform: `${process.platform} ${process.arch}`, node: process.version };
    writeFileSync(request.out, `${JSON.stringify({ started, machine, threads: request.threads, cells }, null, 2)}\n`);
    print(table(cells));
    report(`figures: ${request.out}`);
  } finally {
    peer?.close();
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Runs the program. @returns the exit status: 0 done, 2 a request that cannot be met, 1 anything else */
export async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    if (args[0] === OWN_MEMORY) {
      const [, backend = '', path = '', threads = '1'] = args;
      terminal.print(String(await ownPeakMemory(backend, { name: path, path, network: null }, Number(threads))));
      return 0;
    }
    const request = readRequest(args, terminal.folder);
    if (request === null) terminal.print(usage());
    else await measure(request, terminal);
    return 0;
  } catch (error) {
    if (isPellucidError(error)) {
      terminal.report(error.message);
      return 2;
    }
    terminal.report(error instanceof Error ? (error.stack ?? error.message) : String(error));
    return 1;
  }
}
