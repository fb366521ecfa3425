import { PellucidError } from '@pellucid/core';
import { createReadStream } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip, createInflate } from 'node:zlib';
import { reasonOf, systemCode } from './system-error.ts';

/** The bytes of a file from its beginning on, decompressed where the file is compressed. */
export interface ByteSource {
  /** Number of bytes of the whole; unknown for a compressed file. */
  readonly size: number | undefined;
  /** The next bytes: as many as asked for, fewer only where the file ends. @throws DATA_INVALID when the compression is damaged. */
  readonly read: (count: number) => Promise<Uint8Array>;
  /** Stops reading. */
  readonly close: () => void;
}

const isMissing = (cause: unknown): boolean => ['ENOENT', 'ENOTDIR'].includes(systemCode(cause));

async function startsAsGzip(file: FileHandle): Promise<boolean> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
  return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
}

async function openFile(path: string, format: string): Promise<FileHandle> {
  try {
    return await open(path);
  } catch (cause) {
    if (isMissing(cause)) {
      throw new PellucidError('DATA_MISSING', { what: `the ${format} file`, where: path, problem: 'there is no such file', help: 'Check the path.' }, { cause });
    }
    throw invalid(path, format, reasonOf(cause), { cause });
  }
}

/** The error for a file that cannot be read as what it should be. */
export function invalid(file: string, format: string, problem: string, options?: { readonly cause?: unknown }): PellucidError {
  return new PellucidError('DATA_INVALID', { file, format, problem, help: 'Download or copy the file again.' }, options);
}

function readerOf(stream: Readable, path: string, format: string): Pick<ByteSource, 'read' | 'close'> {
  const chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer, undefined>;
  let rest: Uint8Array = new Uint8Array(0);
  return {
    read: async (count) => {
      const parts = [rest];
      let length = rest.length;
      while (length < count) {
        const next = await chunks.next().catch((cause: unknown) => {
          throw invalid(path, format, `the file is damaged or cut short (${reasonOf(cause)})`, { cause });
        });
        if (next.done === true) break;
        parts.push(next.value);
        length += next.value.length;
      }
      const joined = Buffer.concat(parts);
      rest = joined.subarray(count);
      return joined.subarray(0, count);
    },
    close: () => {
      stream.destroy();
    },
  };
}

/**
 * Opens a file for reading from its beginning on. Gzip is recognised by its first bytes, not by the file's name; nothing beyond what is
 * read gets decompressed.
 * @param format - what the file should be, for messages
 * @throws DATA_MISSING, DATA_INVALID
 */
export async function openByteSource(path: string, format: string): Promise<ByteSource> {
  const file = await openFile(path, format);
  let stream: Readable;
  let size: number | undefined;
  try {
    const compressed = await startsAsGzip(file);
    if (!compressed) ({ size } = await file.stat());
    const plain = createReadStream(path, { fd: file, start: 0 });
    // Errors reach the reader through the iterator; the callback only keeps them from being reported twice.
    stream = compressed ? pipeline(plain, createGunzip(), () => undefined) : plain;
  } catch (cause) {
    await file.close();
    throw invalid(path, format, reasonOf(cause), { cause });
  }
  return { size, ...readerOf(stream, path, format) };
}

/**
 * Opens a part of a file, from one byte to before another, decompressed by zlib where it is said to be.
 * @throws DATA_INVALID while reading, when the compression is damaged
 */
export function openByteRange(path: string, format: string, start: number, end: number, compressed: boolean): ByteSource {
  const plain = createReadStream(path, { start, end: end - 1 });
  const stream = compressed ? pipeline(plain, createInflate(), () => undefined) : plain;
  return { size: compressed ? undefined : end - start, ...readerOf(stream, path, format) };
}
