import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { zooModel, type ZooEntry } from '@pellucid/zoo';
import sharp from 'sharp';

/** A small network that takes RGB images of 32 x 32, in both formats. */
export const NETWORK: ZooEntry = zooModel('plain-cnn');
export const ONNX_MODEL: string = NETWORK.onnx.path;
export const TFJS_MODEL: string = NETWORK.tfjs.path;

/** Writes a picture of a disc on a coloured slope, in the format of the file's ending. */
export async function writePhotograph(path: string, width: number, height: number): Promise<string> {
  const pixels = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const inside = Math.hypot(x - width / 2, y - height / 2) < Math.min(width, height) / 4;
      pixels.set(inside ? [220, 40, 60] : [(255 * x) / width, (255 * y) / height, 128], (y * width + x) * 3);
    }
  }
  await sharp(pixels, { raw: { width, height, channels: 3 } }).toFile(path);
  return path;
}

const ENTRY = join(__dirname, '../dist/main.js');

/** What a run of the program left. */
export interface Run {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the built program as a process, in a folder, as the shell would. */
export async function pellucid(folder: string, ...argumentList: readonly string[]): Promise<Run> {
  if (!existsSync(ENTRY)) throw new Error('apps/cli/dist/main.js is missing: run `npx tsc -b apps/cli/tsconfig.lib.json` first');
  // Set by `npm test` for its own folder.
  const environment = { ...process.env };
  delete environment['INIT_CWD'];
  const child = spawn(process.execPath, [ENTRY, ...argumentList], { cwd: folder, env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const status = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  return { status, stdout, stderr };
}
