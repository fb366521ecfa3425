// Draws the pictures of the documents with the program itself: every method on images of the embedded set.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureBuilt, ensureInstalled, ROOT } from './workspace.mjs';

const METHODS = ['saliency', 'input-x-gradient', 'integrated-gradients', 'grad-cam', 'eigen-cam', 'occlusion', 'accumulated-gradients'];

ensureInstalled();
ensureBuilt();
const built = (path) => import(pathToFileURL(join(ROOT, path)).href);
const { embeddedDataset } = await built('packages/datasets/dist/index.js');
const { zooModel } = await built('packages/zoo/dist/index.js');
const sharp = createRequire(join(ROOT, 'packages/datasets/package.json'))('sharp');

const { images, labels, classNames } = embeddedDataset({ split: 'test', count: 60 });
const [, height, width, channels] = images.shape;
const size = height * width * channels;
const work = mkdtempSync(join(tmpdir(), 'pellucid-pictures-'));
try {
  const files = [];
  for (const [index, name] of classNames.entries()) {
    const sample = labels.indexOf(index);
    const pixels = Uint8Array.from(images.data.subarray(sample * size, (sample + 1) * size), (value) => Math.round(value * 255));
    const file = join(work, `${name.replace(' ', '-')}.png`);
    await sharp(pixels, { raw: { width, height, channels } }).toFile(file);
    files.push(file);
  }
  writeFileSync(join(work, 'labels.txt'), `${classNames.join('\n')}\n`);
  const model = zooModel('residual-cnn').onnx.path;
  const { status } = spawnSync(
    process.execPath,
    [
      join(ROOT, 'apps/cli/dist/main.js'), 'explain', model, ...files, ...METHODS.flatMap((method) => ['--method', method]),
      '--preprocess', 'unit', '--labels', join(work, 'labels.txt'), '--out', join(work, 'maps'),
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  if (status !== 0) process.exit(1);
  mkdirSync(join(ROOT, 'docs/pictures'), { recursive: true });
  await sharp(join(work, 'maps/grid.png')).png({ palette: true, quality: 90, effort: 10 }).toFile(join(ROOT, 'docs/pictures/methods.png'));
} finally {
  rmSync(work, { recursive: true, force: true });
}
