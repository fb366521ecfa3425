import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create } from 'tar';
import { fetchDataset } from './fetch-dataset.ts';
import type { Publication } from './publications.ts';

const content = Buffer.from(Array.from({ length: 100_000 }, (_, i) => (i * 31) % 251));
const md5 = (bytes: Uint8Array): string => createHash('md5').update(bytes).digest('hex');

let server: Server;
let base = '';
/** What the server does with a request, and what it was asked. */
let behaviour: (request: IncomingMessage, response: ServerResponse, asked: number) => void;
let asked: string[] = [];
let folder = '';

function sendRange(request: IncomingMessage, response: ServerResponse, until = content.length): void {
  const start = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
  if (start > 0) response.writeHead(206, { 'content-range': `bytes ${start}-${content.length - 1}/${content.length}`, 'content-length': content.length - start });
  else response.writeHead(200, { 'content-length': content.length });
  response.write(content.subarray(start, until), () => { if (until < content.length) breakOff(response); else response.end(); });
}

/** Breaks a connection once what was sent has had the time to be written: a stream that fails throws away what nobody has read yet. */
function breakOff(response: ServerResponse): void {
  setTimeout(() => response.destroy(), 400);
}

const sendAll = (request: IncomingMessage, response: ServerResponse): void => { sendRange(request, response); };

beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(`${request.url ?? ''} ${request.headers.range ?? 'all'}`);
    behaviour(request, response, asked.length);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  folder = await mkdtemp(join(tmpdir(), 'fetch-'));
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true });
});
beforeEach(async () => {
  asked = [];
  await rm(folder, { recursive: true });
  await mkdir(folder);
});

const publication = (file: Partial<Publication['files'][number]> = {}): Readonly<Record<string, Publication>> =>
  ({ set: { title: 'A set', licence: 'none', files: [{ name: 'images.gz', url: `${base}/images`, md5: md5(content), ...file }] } });
const fetchSet = (options: Parameters<typeof fetchDataset>[2] = {}): ReturnType<typeof fetchDataset> =>
  fetchDataset('set', folder, { publications: publication(), ...options });
const there = (): string[] => readdirSync(join(folder, 'set'));

test('a file comes whole, with progress, and is used the next time', async () => {
  behaviour = sendAll;
  const seen: (number | null)[] = [];
  expect(await fetchSet({ onProgress: (_, done, total) => seen.push(done, total) })).toEqual([{ name: 'images.gz', status: 'downloaded' }]);
  expect(readFileSync(join(folder, 'set', 'images.gz'))).toEqual(content);
  expect(seen.slice(-2)).toEqual([content.length, content.length]);
  expect(await fetchSet()).toEqual([{ name: 'images.gz', status: 'present' }]);
  expect(asked).toHaveLength(1);
  expect(there()).toEqual(['images.gz']);
});

test('a file that lies there unpacked is used', async () => {
  await mkdir(join(folder, 'set'));
  await writeFile(join(folder, 'set', 'images'), 'unpacked');
  expect(await fetchSet()).toEqual([{ name: 'images.gz', status: 'present' }]);
  expect(asked).toEqual([]);
});

test('a connection that breaks is taken up where it broke', async () => {
  behaviour = (request, response, count) => { sendRange(request, response, count === 1 ? 40_000 : count === 2 ? 70_000 : undefined); };
  await fetchSet();
  expect(readFileSync(join(folder, 'set', 'images.gz'))).toEqual(content);
  expect(asked[0]).toBe('/images all');
  expect(asked).toHaveLength(3);
  expect(asked.slice(1).every((line) => /bytes=\d+-/.test(line))).toBe(true);
});

test('one that keeps breaking leaves what has come, for the next run', async () => {
  behaviour = (request, response) => {
    if (request.headers.range === undefined) sendRange(request, response, 40_000);
    else response.destroy();
  };
  await expect(fetchSet()).rejects.toMatchObject({ code: 'DATA_MISSING', message: expect.stringContaining('goes on behind') });
  expect(asked).toHaveLength(4);
  expect(there()).toEqual(['images.gz.part']);
  behaviour = sendAll;
  await fetchSet();
  expect(asked.at(-1)).toMatch(/bytes=\d+-/);
  expect(readFileSync(join(folder, 'set', 'images.gz'))).toEqual(content);
});

test('a server that knows no ranges sends everything again', async () => {
  behaviour = (_, response, count) => {
    response.writeHead(200);
    response.write(count === 1 ? content.subarray(0, 30_000) : content, () => { if (count === 1) breakOff(response); else response.end(); });
  };
  await fetchSet();
  expect(readFileSync(join(folder, 'set', 'images.gz'))).toEqual(content);
});

test('a wrong checksum is named, and nothing is kept', async () => {
  behaviour = sendAll;
  const attempt = fetchSet({ publications: publication({ md5: md5(Buffer.from('other')) }) });
  await expect(attempt).rejects.toMatchObject({ code: 'DATA_INVALID', message: expect.stringContaining(md5(content)) });
  expect(there()).toEqual([]);
});

test('redirects are followed; what is not there is asked for once', async () => {
  behaviour = (request, response) => {
    if (request.url === '/images') response.writeHead(302, { location: `${base}/moved` }).end();
    else sendRange(request, response);
  };
  await fetchSet();
  expect(asked).toEqual(['/images all', '/moved all']);
  await rm(join(folder, 'set'), { recursive: true });
  asked = [];
  behaviour = (_, response) => void response.writeHead(404).end('<html>not here</html>');
  await expect(fetchSet()).rejects.toMatchObject({ code: 'DATA_MISSING', message: expect.stringContaining('404') });
  expect(asked).toHaveLength(1);
  expect(there()).toEqual([]);
});

test('redirects that go round in circles end at once', async () => {
  behaviour = (_, response) => void response.writeHead(302, { location: `${base}/images` }).end();
  await expect(fetchSet()).rejects.toMatchObject({ code: 'DATA_MISSING', message: expect.stringContaining('redirect count exceeded') });
  expect(asked.length).toBeLessThan(30);
});

test('a server that falls silent is asked again behind what has come', async () => {
  behaviour = (request, response, count) => {
    if (count > 1) sendRange(request, response);
    else response.writeHead(200, { 'content-length': content.length }).write(content.subarray(0, 50_000));
  };
  await fetchSet({ timeout: 0.3 });
  expect(readFileSync(join(folder, 'set', 'images.gz'))).toEqual(content);
  expect(asked).toHaveLength(2);
  await rm(join(folder, 'set'), { recursive: true });
  behaviour = () => undefined;
  await expect(fetchSet({ timeout: 0.1 })).rejects.toMatchObject({ code: 'DATA_MISSING', message: expect.stringContaining('sent nothing for 0.1 s') });
});

test('a part that was not asked for is not put behind what is there', async () => {
  await mkdir(join(folder, 'set'));
  await writeFile(join(folder, 'set', 'images.gz.part'), content.subarray(0, 10_000));
  behaviour = (request, response) => {
    if (request.headers.range === undefined) sendRange(request, response);
    else response.writeHead(206, { 'content-range': `bytes 0-${content.length - 1}/${content.length}` }).end(content);
  };
  await fetchSet();
  expect(readFileSync(join(folder, 'set', 'images.gz'))).toEqual(content);
});

const fullDisk = existsSync('/dev/full') ? test : test.skip;
fullDisk('a full disk is said, and the server is not asked again', async () => {
  await mkdir(join(folder, 'set'));
  await symlink('/dev/full', join(folder, 'set', 'images.gz.part'));
  behaviour = sendAll;
  await expect(fetchSet()).rejects.toMatchObject({ code: 'OUTPUT_UNWRITABLE', message: expect.stringContaining('ENOSPC, the disk is full') });
  expect(asked).toHaveLength(1);
});

test('two downloads at once do not write into one file, and a lock of a process that is gone does not count', async () => {
  const asks: (() => void)[] = [];
  const first = new Promise<void>((resolve) => {
    behaviour = (request, response) => {
      asks.push(() => { sendAll(request, response); });
      resolve();
    };
  });
  const download = fetchSet();
  await first;
  await expect(fetchSet()).rejects.toMatchObject({ code: 'OUTPUT_UNWRITABLE', message: expect.stringContaining(`process ${process.pid} is downloading it`) });
  for (const answer of asks) answer();
  expect(await download).toEqual([{ name: 'images.gz', status: 'downloaded' }]);
  expect(asked).toHaveLength(1);
  expect(readFileSync(join(folder, 'set', 'images.gz'))).toEqual(content);
  expect(there()).toEqual(['images.gz']);
  await rm(join(folder, 'set', 'images.gz'));
  behaviour = sendAll;
  const gone = spawnSync(process.execPath, ['-e', '']).pid;
  await writeFile(join(folder, 'set', 'images.gz.lock'), String(gone));
  expect(await fetchSet()).toEqual([{ name: 'images.gz', status: 'downloaded' }]);
  expect(there()).toEqual(['images.gz']);
});

test('an abort ends it, and keeps what has come', async () => {
  const controller = new AbortController();
  behaviour = (_, response) => {
    response.writeHead(200, { 'content-length': content.length });
    response.write(content.subarray(0, 50_000));
  };
  const attempt = fetchSet({ signal: controller.signal, onProgress: (_, done) => { if (done >= 50_000) controller.abort(); } });
  await expect(attempt).rejects.toMatchObject({ code: 'ABORTED' });
  expect(there()).toEqual(['images.gz.part']);
});

test('an archive is unpacked: the files that are wanted, and nothing outside the folder', async () => {
  const source = join(folder, 'source', 'batches');
  await mkdir(source, { recursive: true });
  for (const name of ['data_batch_1.bin', 'readme.html', 'test_batch.bin']) await writeFile(join(source, name), name);
  await writeFile(join(folder, 'outside.bin'), 'outside');
  const archive = join(folder, 'set.tar.gz');
  await create({ gzip: true, file: archive, cwd: join(folder, 'source'), preservePaths: true }, ['batches', '../outside.bin']);
  const bytes = readFileSync(archive);
  behaviour = (_, response) => void response.end(bytes);
  const archived = publication({ name: 'set.tar.gz', md5: md5(bytes), archive: ['data_batch_1.bin', 'test_batch.bin', 'outside.bin'] });
  await fetchDataset('set', join(folder, 'data', 'deep'), { publications: archived });
  expect(readdirSync(join(folder, 'data', 'deep', 'set')).sort()).toEqual(['data_batch_1.bin', 'outside.bin', 'test_batch.bin']);
  expect(existsSync(join(folder, 'data', 'deep', 'outside.bin'))).toBe(false);
});

test('an archive that lies there is unpacked: left by a kill, or put there by hand', async () => {
  const source = join(folder, 'source', 'batches');
  await mkdir(source, { recursive: true });
  await mkdir(join(folder, 'set'));
  for (const name of ['data_batch_1.bin', 'test_batch.bin']) await writeFile(join(source, name), name);
  await create({ gzip: true, file: join(folder, 'set', 'set.tar.gz'), cwd: join(folder, 'source') }, ['batches']);
  const packed = readFileSync(join(folder, 'set', 'set.tar.gz'));
  const wanted = (archive: readonly string[]): ReturnType<typeof fetchDataset> => fetchSet({ publications: publication({ name: 'set.tar.gz', archive }) });
  await writeFile(join(folder, 'set', 'test_batch.bin'), 'half of it');
  expect(await wanted(['data_batch_1.bin', 'test_batch.bin'])).toEqual([{ name: 'set.tar.gz', status: 'present' }]);
  expect(there().sort()).toEqual(['data_batch_1.bin', 'test_batch.bin']);
  expect(readFileSync(join(folder, 'set', 'test_batch.bin'), 'utf8')).toBe('test_batch.bin');
  await writeFile(join(folder, 'set', 'set.tar.gz'), packed);
  await expect(wanted(['data_batch_2.bin'])).rejects.toMatchObject({ code: 'DATA_INVALID', message: expect.stringContaining('does not hold data_batch_2.bin') });
  await writeFile(join(folder, 'set', 'set.tar.gz'), packed.subarray(0, 60));
  await expect(wanted(['data_batch_2.bin'])).rejects.toMatchObject({ code: 'DATA_INVALID' });
  expect(asked).toEqual([]);
});

test('other names are refused with what there is', async () => {
  await expect(fetchDataset('fashion', folder)).rejects.toMatchObject({ code: 'METHOD_UNKNOWN', message: expect.stringContaining('fashion-mnist') });
  await expect(fetchDataset('constructor', folder)).rejects.toMatchObject({ code: 'METHOD_UNKNOWN' });
  await writeFile(join(folder, 'set'), 'a file');
  await expect(fetchSet()).rejects.toMatchObject({ code: 'OUTPUT_UNWRITABLE' });
});
