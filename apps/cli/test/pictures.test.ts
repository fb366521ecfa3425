import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { encodeNpy } from '@pellucid/core';
import sharp from 'sharp';
import { animateMaps } from '../src/commands/animate.ts';
import { NETWORK, ONNX_MODEL, pellucid, writePhotograph } from './pellucid.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pellucid-pictures-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const animationOf = (name: string) => sharp(join(folder, name), { animated: true }).metadata();

test('several inputs with --animate and --svg give figures in words and animations with one frame each', async () => {
  await writePhotograph(join(folder, 'a.png'), 40, 40);
  await writePhotograph(join(folder, 'b.png'), 60, 60);
  writeFileSync(join(folder, 'labels.txt'), NETWORK.classNames.join('\n'));
  const { status, stdout } = await pellucid(
    folder, 'explain', ONNX_MODEL, 'a.png', 'b.png', '--method', 'saliency', '--method', 'grad-cam', '--labels', 'labels.txt', '--preprocess', 'unit',
    '--contours', '--svg', '--animate',
  );
  expect(status).toBe(0);
  const files = readdirSync(join(folder, 'maps'));
  expect(files).toEqual(expect.arrayContaining(['a.saliency.svg', 'b.grad-cam.svg', 'grid.png', 'grid.svg', 'animation.saliency.webp', 'animation.grad-cam.gif']));
  expect(stdout).toContain('maps/animation.grad-cam.webp');
  for (const name of ['maps/animation.saliency.webp', 'maps/animation.saliency.gif']) {
    expect(await animationOf(name)).toMatchObject({ pages: 2, loop: 0, delay: [700, 2100] });
  }
  const record = JSON.parse(readFileSync(join(folder, 'maps/a.grad-cam.json'), 'utf8')) as { predictions: { predicted: { label: string } }[]; pictures: { alternativeText: string }[] };
  expect(record.pictures[0]?.alternativeText).toMatch(/^Attribution map of 32 x 32 values .* mass lies in the .* Colours show positive values/);
  const svg = readFileSync(join(folder, 'maps/a.grad-cam.svg'), 'utf8');
  expect(svg).toContain(`<desc>Grad-CAM. ${record.predictions[0]!.predicted.label}, `);
  expect(svg).toMatch(new RegExp(`<text [^>]*>${record.predictions[0]!.predicted.label}, \\d+ %</text>`));
  // A colour bar beside each of the four maps on the page.
  expect([...readFileSync(join(folder, 'maps/grid.svg'), 'utf8').matchAll(/<text [^>]*>(≥ )?[\d.e−]+<\/text>/g)].length).toBeGreaterThanOrEqual(4 * 3);
  expect(await sharp(join(folder, 'maps/grid.svg')).metadata()).toMatchObject(await sharp(join(folder, 'maps/grid.png')).metadata().then(({ width, height }) => ({ width, height })));
});

test('--range shared draws all maps of a method in the scale of the strongest, in words, too', async () => {
  await writePhotograph(join(folder, 'a.png'), 40, 40);
  await writePhotograph(join(folder, 'b.png'), 60, 90);
  const rangesOf = async (out: string, ...more: string[]): Promise<number[]> => {
    const { status } = await pellucid(folder, 'explain', ONNX_MODEL, 'a.png', 'b.png', '--method', 'saliency', '--preprocess', 'unit', '--layer', 'last', '--method', 'grad-cam', '--out', out, ...more);
    expect(status).toBe(0);
    return ['a', 'b'].flatMap((stem) => ['saliency', 'grad-cam'].map((method) =>
      (JSON.parse(readFileSync(join(folder, out, `${stem}.${method}.json`), 'utf8')) as { pictures: { legend: { range: number } }[] }).pictures[0]!.legend.range));
  };
  const [saliencyOfA, camOfA, saliencyOfB, camOfB] = (await rangesOf('own')) as [number, number, number, number];
  expect(saliencyOfA).not.toBe(saliencyOfB);
  const [saliency, cam] = [Math.max(saliencyOfA, saliencyOfB), Math.max(camOfA, camOfB)];
  for (const [i, range] of (await rangesOf('shared', '--range', 'shared')).entries()) expect(range).toBeCloseTo(i % 2 === 0 ? saliency : cam, 5);
});

test('an image of the size of the input, and one that is cropped alone, is shown in its own pixels, each a square', async () => {
  await writePhotograph(join(folder, 'small.png'), 32, 32);
  await writePhotograph(join(folder, 'large.png'), 50, 40);
  writeFileSync(join(folder, 'crop.json'), '{"scale":0.00392156862745098,"crop":32}');
  const { status, stderr } = await pellucid(folder, 'explain', ONNX_MODEL, 'small.png', 'large.png', '--method', 'saliency', '--view', 'original', '--preprocess', 'crop.json');
  expect([status, stderr]).toEqual([0, expect.not.stringContaining('pellucid:')]);
  for (const [stem, left, top] of [['small', 0, 0], ['large', 9, 4]] as const) {
    const picture = await sharp(join(folder, `maps/${stem}.saliency.png`)).removeAlpha().raw().toBuffer({ resolveWithObject: true });
    const seen = await sharp(join(folder, `${stem}.png`)).extract({ left, top, width: 32, height: 32 }).removeAlpha().raw().toBuffer();
    expect(picture.info).toMatchObject({ width: 448, height: 448 });
    expect(picture.data.every((value, i) => {
      const [pixel, channel] = [Math.floor(i / 3), i % 3];
      return value === seen[3 * (32 * Math.floor(pixel / 448 / 14) + Math.floor((pixel % 448) / 14)) + channel];
    })).toBe(true);
  }
});

test("Captum's views show the image only where the map is", async () => {
  await writePhotograph(join(folder, 'a.png'), 40, 40);
  const draw = async (out: string, ...more: string[]): Promise<Buffer> => {
    const { status } = await pellucid(folder, 'explain', ONNX_MODEL, 'a.png', '--method', 'saliency', '--preprocess', 'unit', '--out', out, ...more);
    expect(status).toBe(0);
    return sharp(join(folder, out, 'a.saliency.png')).raw().toBuffer();
  };
  const original = await draw('original', '--view', 'original');
  const masked = await draw('masked', '--view', 'masked-image', '--sign', 'absolute', '--outliers', '5');
  const scaled = await draw('scaled', '--view', 'alpha-scaling', '--sign', 'absolute', '--outliers', '5');
  expect(masked).toHaveLength(original.length);
  const textOf = (out: string): string => readFileSync(join(folder, out, 'a.saliency.json'), 'utf8');
  expect(textOf('original')).toContain('The image is shown without the map.');
  expect(textOf('masked')).toContain('The image shows the size of values: black at 0');
  // Darkened towards black by the same share by which the other is paled towards white.
  const worst = original.reduce((most, level, i) => {
    const paled = scaled[i]! - masked[i]!;
    // The share is read off a level that was rounded: by half of one in `level`.
    return level === 0 ? most : Math.max(most, Math.abs(paled - 255 * (1 - masked[i]! / level)) - 255 / level);
  }, 0);
  expect(worst).toBeLessThan(2);
  expect(masked.reduce((a, b) => a + b)).toBeLessThan(original.reduce((a, b) => a + b));
});

test('three channels are colours where a method makes them from a layer, not where they are those of the input', async () => {
  for (const [name, width] of [['a.png', 40], ['b.png', 70]] as const) await writePhotograph(join(folder, name), width, 40);
  const { status } = await pellucid(folder, 'explain', ONNX_MODEL, 'a.png', 'b.png', '--method', 'prism', '--method', 'feature-permutation', '--out', 'kinds');
  expect(status).toBe(0);
  const textOf = (method: string): string =>
    (JSON.parse(readFileSync(join(folder, `kinds/a.${method}.json`), 'utf8')) as { pictures: { alternativeText: string }[] }).pictures[0]!.alternativeText;
  expect([textOf('prism'), textOf('feature-permutation')]).toEqual([expect.stringMatching(/^Colour field/), expect.stringMatching(/^Attribution map/)]);
});

/** Maps as `explainEpochs` of @pellucid/training writes them. */
function writeEpochs(maps: string, epochs: readonly number[], method: string): void {
  for (const epoch of epochs) {
    const stem = join(maps, `epoch-${String(epoch).padStart(3, '0')}.${method}`);
    const data = Float32Array.from({ length: 2 * 8 * 8 }, (_, i) => Math.sin(i / 3) * (epoch + 1));
    writeFileSync(`${stem}.npy`, encodeNpy({ shape: [2, 8, 8, 1], data }));
    writeFileSync(`${stem}.json`, JSON.stringify({ epoch, layout: 'NHWC' }));
  }
}

test('the maps of epochs become one animation per method, in the order of the epochs', async () => {
  mkdirSync(join(folder, 'epochs'));
  writeEpochs(join(folder, 'epochs'), [0, 2, 10, 1000], 'saliency');
  writeEpochs(join(folder, 'epochs'), [0, 2], 'grad-cam');
  await writePhotograph(join(folder, 'a.png'), 40, 40);
  const { status, stdout, stderr } = await pellucid(folder, 'animate', 'epochs', '--sample', '0,1', '--delay', '100', '--image', 'a.png', 'a.png', '--out', 'moving');
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(readdirSync(join(folder, 'moving')).sort()).toEqual(['grad-cam', 'saliency'].flatMap((method) => ['gif', 'json', 'webp'].map((ending) => `animation.${method}.${ending}`)));
  expect(stdout).toContain('moving/animation.saliency.webp\n');
  expect(await animationOf('moving/animation.saliency.webp')).toMatchObject({ pages: 4, delay: [100, 100, 100, 300] });
  const text = JSON.parse(readFileSync(join(folder, 'moving/animation.saliency.json'), 'utf8')) as { frames: string[]; alternativeText: string };
  expect(text.frames).toEqual(['epoch 0', 'epoch 2', 'epoch 10', 'epoch 1000']);
  expect(text.alternativeText).toMatch(/^Animation of 4 pictures/);
});

test('maps far from zero are animated between the least low end and the greatest high one', async () => {
  const maps = join(folder, 'epochs');
  mkdirSync(maps);
  for (const epoch of [0, 1]) {
    writeFileSync(join(maps, `epoch-${epoch}.rise.npy`), encodeNpy({ shape: [1, 2, 2, 1], data: Float32Array.from([-15, -14, -13, -12], (value) => value + epoch) }));
    writeFileSync(join(maps, `epoch-${epoch}.rise.json`), JSON.stringify({ epoch, layout: 'NHWC' }));
  }
  const colours = async (...more: string[]): Promise<string> => {
    expect((await pellucid(folder, 'animate', 'epochs', ...more)).status).toBe(0);
    return (JSON.parse(readFileSync(join(maps, 'animation.rise.json'), 'utf8')) as { alternativeText: string }).alternativeText;
  };
  expect((await colours()).match(/from black at -15, not at 0, to pale yellow at -11\./g)).toHaveLength(2);
  expect(await colours('--sign', 'all')).toContain('from blue at -15 over nearly white at 0 to red at 15.');
});

test('RISE is drawn between its own ends, and its colour bar says so, unless a range from zero on is asked for', async () => {
  await writePhotograph(join(folder, 'a.png'), 40, 40);
  const draw = async (...more: string[]): Promise<{ legend: object; svg: string }> => {
    const { status } = await pellucid(folder, 'explain', ONNX_MODEL, 'a.png', '--method', 'rise', '--options', '{"samples":100}', '--preprocess', 'unit', '--svg', '--out', 'rise', ...more);
    expect(status).toBe(0);
    const { pictures: [picture] } = JSON.parse(readFileSync(join(folder, 'rise/a.rise.json'), 'utf8')) as { pictures: { legend: object }[] };
    return { legend: picture?.legend ?? {}, svg: readFileSync(join(folder, 'rise/a.rise.svg'), 'utf8') };
  };
  const own = await draw();
  expect(own.legend).toEqual({ scale: 'inferno', low: expect.any(Number), range: expect.any(Number), cut: true });
  const ranged = await draw('--range', '20');
  expect(ranged.legend).toEqual({ scale: 'RdBu', range: 20, cut: false });
  expect([own.svg.includes(' (not 0)</text>'), ranged.svg.includes('(not 0)')]).toEqual([true, false]);
});

test.each([
  ['a folder that is not there', 'missing', /Cannot find the maps in `missing`/],
  ['a folder without maps', 'empty', /no file `<name>\.<method>\.npy`/],
  ['a map without its record', 'bare', /Cannot find the record of a map/],
])('%s is an error', async (_, name, message) => {
  mkdirSync(join(folder, 'empty'));
  mkdirSync(join(folder, 'bare'));
  writeFileSync(join(folder, 'bare/a.b.npy'), encodeNpy({ shape: [1, 1, 2, 2], data: new Float32Array(4) }));
  const terminal = { folder, print: () => undefined, report: () => undefined, interactive: false, signal: new AbortController().signal };
  await expect(animateMaps(name, { sample: [0], delay: 100 }, terminal)).rejects.toMatchObject({ code: 'DATA_MISSING', message: expect.stringMatching(message) });
});
