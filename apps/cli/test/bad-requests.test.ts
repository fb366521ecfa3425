import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { encodeNpy, zeros } from '@pellucid/core';
import { readModel, writeModel } from '@pellucid/onnx-graph';
import { ONNX_MODEL, pellucid, writePhotograph, type Run } from './pellucid.ts';
import { writeTwoInputs } from './two-inputs.ts';

let folder = '';
let outcomes: ReadonlyMap<string, Outcome>;

/** A PNG file whose header claims this many pixels, with next to nothing behind it. */
function hugePng(width: number, height: number): Buffer {
  const chunk = (type: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, sum]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', deflateSync(Buffer.alloc(64))), chunk('IEND', Buffer.alloc(0))]);
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'pellucid-cli-'));
  const at = (name: string): string => join(folder, name);
  await writePhotograph(at('cat.png'), 40, 40);
  await writePhotograph(at('whole.jpg'), 200, 200);
  const picture = readFileSync(at('whole.jpg'));
  writeFileSync(at('cut.jpg'), picture.subarray(0, Math.floor(picture.length / 2)));
  writeFileSync(at('huge.png'), hugePng(60_000, 60_000));
  writeFileSync(at('picture.gif'), 'GIF89a');
  const bytes = readFileSync(ONNX_MODEL);
  writeFileSync(at('cut.onnx'), bytes.subarray(0, Math.floor(bytes.length / 2)));
  writeFileSync(at('text.onnx'), 'This is not a model, whatever its name says.\n');
  copyFileSync(ONNX_MODEL, at('model.bin'));
  const model = readModel(bytes, 'model');
  model.graph.node[0]!.opType = 'Frobnicate';
  writeFileSync(at('unknown.onnx'), writeModel(model));
  writeFileSync(at('two.onnx'), writeTwoInputs([1, 3, 32, 32]));
  writeFileSync(at('scale.npy'), encodeNpy(zeros([1, 3, 1, 1])));
  writeFileSync(at('wrong-shape.npy'), encodeNpy(zeros([1, 5, 7, 3])));
  const shape = [1, 3, 32, 32];
  const values = zeros(shape);
  values.data[100] = NaN;
  writeFileSync(at('nan.npy'), encodeNpy(values));
  writeFileSync(at('cut.npy'), encodeNpy(zeros(shape)).subarray(0, 1000));
  writeFileSync(at('two.txt'), 'cat\ndog\n');
  writeFileSync(at('not.json'), '{ "scale": ');
  writeFileSync(at('odd.json'), '{ "scales": 2 }');
  writeFileSync(at('file'), 'a regular file');
  mkdirSync(at('empty'));
  outcomes = await runAll();
}, 120_000);
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const explainCat = (...rest: string[]): string[] => ['explain', ONNX_MODEL, '../cat.png', '--preprocess', 'unit', ...rest];
const explainInput = (input: string): string[] => ['explain', ONNX_MODEL, join('..', input), '--method', 'saliency'];
const explainModel = (model: string): string[] => ['explain', resolve(folder, model), '../cat.png', '--method', 'saliency'];

/** The request, and what its message must say: what is wrong, and what helps. */
const BAD: [string, () => string[], RegExp[]][] = [
  ['a truncated model', () => explainModel('cut.onnx'), [/cut\.onnx/, /MODEL_INVALID/]],
  ['a text file named .onnx', () => explainModel('text.onnx'), [/text\.onnx/, /MODEL_INVALID/]],
  ['a model with an unknown operator', () => explainModel('unknown.onnx'), [/Frobnicate/]],
  ['a missing model', () => explainModel('none.onnx'), [/none\.onnx/, /no such file/]],
  ['a folder as a model', () => explainModel('empty'), [/it is a folder/]],
  ['a model of unknown format', () => explainModel('model.bin'), [/--backend/]],
  ['a backend that does not fit the model', () => [...explainModel(ONNX_MODEL), '--backend', 'tfjs'], [/runs on onnxruntime, not on tfjs/]],
  ['an engine that does not fit the model', () => [...explainModel(ONNX_MODEL), '--engine', 'wasm'], [/`wasm` belongs to tfjs/]],
  ['an unknown backend', () => [...explainModel(ONNX_MODEL), '--backend', 'torch'], [/onnxruntime, tfjs/]],
  ['a tfjs model that is no JSON', () => explainModel('not.json'), [/not\.json/, /MODEL_INVALID/]],
  ['a missing layer', () => explainCat('--method', 'grad-cam', '--layer', 'nowhere'), [/`nowhere`/, /LAYER_NOT_FOUND/]],
  ['a layer for a method without one', () => explainCat('--method', 'saliency', '--layer', 'x'), [/no `layer` option/]],
  ['a target out of range', () => explainCat('--method', 'saliency', '--target', '1000'), [/target 1000/, /0 to \d+/]],
  ['a target that is no number', () => explainCat('--method', 'saliency', '--target', 'cat'), [/`cat` is no class index/]],
  ['too many targets', () => explainCat('--method', 'saliency', '--target', '1,2'), [/names 2 classes/]],
  ['a wrong input shape', () => explainInput('wrong-shape.npy'), [/wrong-shape\.npy/, /expected shape \[\?, 3, 32, 32\], got \[1, 5, 7, 3\]/]],
  ['NaN in an array', () => explainInput('nan.npy'), [/nan\.npy/, /NaN at index 100/]],
  ['a truncated array', () => explainInput('cut.npy'), [/cut\.npy/, /bytes/]],
  ['a truncated image', () => explainInput('cut.jpg'), [/cut\.jpg/, /DATA_INVALID/]],
  ['a huge image', () => explainInput('huge.png'), [/huge\.png/, /pixels/]],
  ['a file of another kind', () => explainInput('picture.gif'), [/`\.gif`/, /PNG, JPEG or WebP/]],
  ['an empty folder', () => explainInput('empty'), [/empty/, /DATA_MISSING/]],
  ['a missing input', () => explainInput('cta.png'), [/cta\.png/, /`cat\.png`/]],
  ['an output folder below a file', () => explainCat('--method', 'saliency', '--out', '../file/maps'), [/file\/maps/, /OUTPUT_UNWRITABLE/]],
  ['an output folder that is a file', () => explainCat('--method', 'saliency', '--out', '../file'), [/OUTPUT_UNWRITABLE/]],
  ['an unknown method', () => explainCat('--method', 'gradcam'), [/`gradcam`/, /`grad-cam`/]],
  ['a method named twice', () => explainCat('--method', 'saliency', '--method', 'saliency'), [/overwrite each other/]],
  ['no method', () => ['explain', ONNX_MODEL, '../cat.png'], [/--method/]],
  ['an unknown option of a method', () => explainCat('--method', 'integrated-gradients', '--options', '{"step":5}'), [/`step`/, /`steps`/]],
  ['a bad value of an option', () => explainCat('--method', 'integrated-gradients', '--options', '{"steps":0}'), [/integer >= 1, got 0/]],
  ['options that are no JSON', () => explainCat('--method', 'saliency', '--options', '{absolute:true}'), [/it is not JSON/, /--options/]],
  ['options of another method', () => explainCat('--method', 'saliency', '--method', 'occlusion', '--options', '{"grad-cam":{}}'), [/`grad-cam` is none/]],
  ['an unknown preprocessing', () => [...explainInput('cat.png'), '--preprocess', 'imagnet'], [/`imagnet`/, /`imagenet`/]],
  ['a preprocessing file that is no JSON', () => [...explainInput('cat.png'), '--preprocess', '../not.json'], [/not\.json/, /not JSON/]],
  ['an unknown field of a preprocessing', () => [...explainInput('cat.png'), '--preprocess', '../odd.json'], [/`scales`/, /`scale`/]],
  ['labels of the wrong count', () => explainCat('--method', 'saliency', '--labels', '../two.txt'), [/2 lines/, /\d+ classes/]],
  ['missing labels', () => explainCat('--method', 'saliency', '--labels', '../none.txt'), [/none\.txt`: there is no such file\./, /DATA_MISSING/]],
  ['a folder as labels', () => explainCat('--method', 'saliency', '--labels', '../empty'), [/it is a folder/, /DATA_MISSING/]],
  ['a missing preprocessing file', () => [...explainInput('cat.png'), '--preprocess', '../none.json'], [/none\.json`: there is no such file\./, /DATA_MISSING/]],
  ['a bad seed', () => explainCat('--method', 'saliency', '--seed', '-1'), [/--seed/]],
  ['an unknown option', () => explainCat('--method', 'saliency', '--mehtod', 'x'), [/--mehtod/, /--method/]],
  ['a required option that is written wrong', () => explainCat('--mehtod', 'saliency'), [/--mehtod/, /--method/]],
  ['nothing to differentiate with respect to', () => ['differentiate', ONNX_MODEL, '--out', 'gradient.onnx'], [/--wrt/]],
  ['an unknown command', () => ['explian'], [/explian/, /explain/]],
  ['several inputs and none chosen', () => explainModel('two.onnx'), [/2 inputs \(`x`, `scale`\)/, /--input NAME/, /--bind NAME=FILE\.npy/]],
  ['an input without values', () => [...explainModel('two.onnx'), '--input', 'x'], [/`scale` must have values too/, /--bind NAME=FILE\.npy/]],
  ['an unknown input', () => [...explainModel('two.onnx'), '--input', 'y', '--bind', 'scale=../scale.npy'], [/no input `y`/]],
  ['a bound input that is explained', () => [...explainModel('two.onnx'), '--input', 'scale', '--bind', 'scale=../scale.npy'], [/both explained and bound/]],
  ['an unknown input to bind', () => [...explainModel('two.onnx'), '--bind', 'skale=../scale.npy'], [/no input `skale` to bind/, /`scale`/]],
  ['missing values of an input', () => ['layers', '../two.onnx', '--bind', 'scale=../none.npy'], [/input `scale`/, /none\.npy`: there is no such file\./, /DATA_MISSING/]],
  ['values of an input in a wrong shape', () => [...explainModel('two.onnx'), '--bind', 'scale=../nan.npy'], [/value bound to input `scale`/, /SHAPE_MISMATCH/]],
  ['a binding without a file', () => [...explainModel('two.onnx'), '--bind', 'scale'], [/`scale` is not of the form NAME=FILE\.npy/]],
  ['an input that is bound twice', () => [...explainModel('two.onnx'), '--bind', 'scale=../scale.npy', '--bind', 'scale=../scale.npy'], [/`scale` is bound twice/]],
  ['layers of a model that is cut short', () => ['layers', '../cut.onnx'], [/MODEL_INVALID/]],
];

interface Outcome extends Run {
  /** What the run left in its own folder. */
  readonly left: readonly string[];
}

/** Runs every request in a folder of its own, a few at a time: most of a run is the start of the process. */
async function runAll(): Promise<ReadonlyMap<string, Outcome>> {
  const outcomes = new Map<string, Outcome>();
  const waiting = [...BAD.entries()];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [position, [what, request]] = next;
      const own = join(folder, `run-${position}`);
      mkdirSync(own);
      const run = await pellucid(own, ...request());
      outcomes.set(what, { ...run, left: readdirSync(own) });
    }
  };
  await Promise.all([work(), work(), work()]);
  return outcomes;
}

test.each(BAD)('%s: status 2, a message, nothing left', (what, _request, messages) => {
  const outcome = outcomes.get(what);
  expect(outcome).toMatchObject({ status: 2, stdout: '', left: [] });
  for (const message of messages) expect(outcome?.stderr).toMatch(message);
  expect(outcome?.stderr).not.toMatch(/^ +at /m);
});

test('a failure after the first results leaves earlier files as they were', async () => {
  mkdirSync(join(folder, 'earlier'));
  writeFileSync(join(folder, 'earlier/cat.saliency.npy'), 'earlier');
  const { status } = await pellucid(folder, 'explain', ONNX_MODEL, 'cat.png', 'cut.jpg', '--method', 'saliency', '--out', 'earlier');
  expect(status).toBe(2);
  expect(readdirSync(join(folder, 'earlier'))).toEqual(['cat.saliency.npy']);
  expect(readFileSync(join(folder, 'earlier/cat.saliency.npy'), 'utf8')).toBe('earlier');
  rmSync(join(folder, 'earlier'), { recursive: true });
});

test('a damaged image behind the first group of images is told before anything is explained', async () => {
  const whole = Array.from({ length: 17 }, () => 'cat.png');
  const { status, stderr } = await pellucid(folder, 'explain', ONNX_MODEL, ...whole, 'cut.jpg', '--method', 'saliency', '--preprocess', 'unit', '--out', 'late');
  expect([status, stderr]).toEqual([2, expect.stringMatching(/^pellucid: .*cut\.jpg.*DATA_INVALID\]\n$/)]);
});
