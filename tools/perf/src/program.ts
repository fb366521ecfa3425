import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { batchSize, isPellucidError, type ModelAdapter, type Tensor } from '@pellucid/core';
import { median } from './blocks.ts';
import { failedCell, measureCell, reason, type Cell, type CellNames } from './cell.ts';
import { measureMemory, OWN_MEMORY } from './memory.ts';
import type { MethodName } from './methods.ts';
import { findSubjects, type Subject } from './networks.ts';
import { openModel, ownCall, ownPeakMemory, predict, reads, sampleInput, timeStart } from './own-side.ts';
import type { Peer } from './peer.ts';
import { openPeerSide, type PeerSide } from './peer-side.ts';
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
  readonly peer: PeerSide | null;
  /** Where inputs are handed to the peer. */
  readonly scratch: string;
  readonly report: (text: string) => void;
}

/** A batch whose cells are measured. */
interface Measured {
  readonly subject: Subject;
  readonly model: ModelAdapter;
  readonly input: Tensor;
  readonly targets: readonly number[];
}

/** How often the way to the first gradient is gone. */
const STARTS = 3;

async function startCell({ threads }: PerfRequest, backend: string, subject: Subject): Promise<Cell> {
  const times: number[] = [];
  for (let i = 0; i < STARTS; i++) times.push(await timeStart(backend, subject, threads));
  return {
    model: subject.name, backend, method: 'start', batch: 1, unit: 'ms', ours: median(times), peer: null, ratio: null, overForward: null,
    rounds: STARTS, disturbed: 0, quiet: true, error: null,
  };
}

/** The peer with the network and its input; `null` where there is no peer, or none that knows the network. */
async function loadPeer({ peer, request, scratch }: Session, { subject, input, targets }: Measured): Promise<Peer | null> {
  if (peer === null || subject.network === null) return null;
  return peer.loaded(`${subject.name} ${batchSize(input)}`, async (running) => {
    const file = join(scratch, 'input.f32');
    writeFileSync(file, input.data);
    const theirs = await running.load(subject.name, file, input.shape, request.threads);
    if (theirs.join() !== targets.join()) throw new Error(`the two sides of ${subject.name} do not predict the same classes`);
  });
}

/** A cell, whatever goes wrong: where the peer fails, ours alone is measured, and the row says why. */
async function timedCell(session: Session, names: CellNames, method: MethodName, measured: Measured): Promise<Cell> {
  const { subject: { network }, model, input, targets } = measured;
  const { rounds, seconds } = session.request;
  const measure = (peer: Peer | null): Promise<Cell> => measureCell(names, {
    ours: ownCall(model, method, network?.layer, input, targets),
    forward: ownCall(model, 'forward', network?.layer, input, targets),
    peer: peer && ((length: number) => peer.time(method, network?.layer ?? '', length)),
  }, rounds, seconds);
  try {
    return await measure(await loadPeer(session, measured));
  } catch (error) {
    session.report(`${names.model}, ${method}: ${reason(error)}`);
    session.peer?.close();
    if (session.peer === null || network === null) return failedCell(names, error);
    return measure(null).then((cell) => ({ ...cell, error: reason(error) }), (own: unknown) => failedCell(names, own));
  }
}

async function measureBatch(session: Session, backend: string, subject: Subject, model: ModelAdapter, batch: number, methods: readonly MethodName[]): Promise<Cell[]> {
  const input = sampleInput(model, batch);
  const measured = { subject, model, input, targets: await predict(model, input) };
  const cells: Cell[] = [];
  for (const method of methods) {
    session.report(`${subject.name}, ${backend}, ${method}, batch ${batch} ...`);
    cells.push(await timedCell(session, { model: subject.name, backend, method, batch }, method, measured));
  }
  return cells;
}

/** The cells that need the model open. */
async function measureTimed(session: Session, backend: string, subject: Subject, methods: readonly MethodName[]): Promise<Cell[]> {
  const batches = subject.network?.batches ?? [1];
  const cells: Cell[] = [];
  try {
    const model = await openModel(backend, subject, session.request.threads);
    for (const batch of batches) cells.push(...(await measureBatch(session, backend, subject, model, batch, methods)));
    await model.dispose();
  } catch (error) {
    session.report(`${subject.name}: ${reason(error)}`);
    const named = batches.flatMap((batch) => methods.map((method) => ({ model: subject.name, backend, method, batch })));
    cells.push(...named.slice(cells.length).map((names) => failedCell(names, error)));
  }
  return cells;
}

async function measureSubject(session: Session, backend: string, subject: Subject): Promise<Cell[]> {
  const { request, report } = session;
  const timed = request.methods.filter((method) => method !== 'start' && method !== 'memory');
  const cells = timed.length > 0 ? await measureTimed(session, backend, subject, timed) : [];
  const others = { start: startCell, memory: measureMemory } as const;
  for (const method of ['start', 'memory'] as const) {
    if (!request.methods.includes(method)) continue;
    report(`${subject.name}, ${backend}, ${method} ...`);
    cells.push(await others[method](request, backend, subject).catch((error: unknown) => failedCell({ model: subject.name, backend, method, batch: 1 }, error)));
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
  const peer = request.python === undefined ? null : await openPeerSide(request.python);
  const scratch = mkdtempSync(join(tmpdir(), 'pellucid-perf-'));
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
