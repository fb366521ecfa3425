import { createHash } from 'node:crypto';
import { PellucidError, sizeOf, type Tensor } from '@pellucid/core';
import { z } from 'zod';
import type { Weights } from '../network/trained-network.ts';
import type { Checkpoint } from './checkpoint.ts';

/** What a checkpoint holds beside numbers: one line of JSON, then the values of all parts, 32-bit floats, little end first. */
const record = z.object({
  epoch: z.number(), loss: z.number(), accuracy: z.number(), validation: z.object({ loss: z.number(), accuracy: z.number() }).optional(),
});
const header = z.object({
  pellucid: z.literal('checkpoint-v1'), run: z.string(), steps: z.int().min(0), history: z.array(record), best: z.int().nullable(),
  parts: z.array(z.object({ part: z.enum(['weights', 'first', 'second', 'best']), name: z.string(), shape: z.array(z.int().min(0)) })), sha256: z.string(),
});
type Header = z.infer<typeof header>;

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** The file of a checkpoint. @param run - what tells this run from every other */
export function encodeCheckpoint({ state: { weights, first, second, steps }, history, best }: Checkpoint, run: string): Uint8Array {
  const parts = Object.entries({ weights, first, second, ...(best && { best: best.weights }) })
    .flatMap(([part, values]) => [...values].map(([name, value]) => ({ part: part as Header['parts'][number]['part'], name, value })));
  const values = Buffer.concat(parts.map(({ value: { data } }) => Buffer.from(data.buffer, data.byteOffset, data.byteLength)));
  const head: Header = {
    pellucid: 'checkpoint-v1', run, steps, history: [...history], best: best?.epoch ?? null,
    parts: parts.map(({ part, name, value }) => ({ part, name, shape: [...value.shape] })), sha256: sha256(values),
  };
  return Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), values]);
}

function parseHeader(text: string): Header | null {
  try {
    return header.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

/**
 * Reads a checkpoint.
 * @throws DATA_INVALID where the file is damaged or none of ours; REQUEST_INVALID where it belongs to another run.
 */
export function decodeCheckpoint(bytes: Uint8Array, file: string, run: string): Checkpoint {
  const invalid = (problem: string): PellucidError =>
    new PellucidError('DATA_INVALID', { file, format: 'a checkpoint of training', problem, help: 'Remove it to begin again, or name another file.' });
  const end = bytes.indexOf(10);
  const head = end < 0 ? null : parseHeader(new TextDecoder().decode(bytes.subarray(0, end)));
  if (head === null) throw invalid('it does not begin as one');
  const values = Uint8Array.from(bytes.subarray(end + 1));
  if (sha256(values) !== head.sha256) throw invalid('its values are damaged or cut off');
  if (head.run !== run) {
    const help = 'Continue with the same network, data and settings, or name another file.';
    throw new PellucidError('REQUEST_INVALID', { action: `continue from \`${file}\``, problem: 'it is the checkpoint of a run with another network, other data or other settings', help });
  }
  const parts = { weights: new Map<string, Tensor>(), first: new Map<string, Tensor>(), second: new Map<string, Tensor>(), best: new Map<string, Tensor>() };
  let offset = 0;
  for (const { part, name, shape } of head.parts) {
    parts[part].set(name, { shape, data: new Float32Array(values.buffer, offset, sizeOf(shape)) });
    offset += 4 * sizeOf(shape);
  }
  const { weights, first, second } = parts satisfies Record<string, Weights>;
  return {
    state: { weights, first, second, steps: head.steps }, history: head.history,
    best: head.best === null ? null : { epoch: head.best, weights: parts.best },
  };
}
