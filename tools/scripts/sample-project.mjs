// A folder as a user has it who installed every package: for running the samples of the documents outside the workspace's own folders.
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from './workspace.mjs';

const PROGRAMS = { pellucid: 'apps/cli/dist/main.js', 'pellucid-bench': 'apps/bench/dist/main.js' };
/** What samples use beside our packages, and the package that depends on it. */
const OTHERS = { 'onnxruntime-node': 'packages/backends/onnxruntime', sharp: 'packages/datasets', '@tensorflow/tfjs-layers': 'packages/training', '@types/node': '.' };
/** The names under which the documents speak of a network and a picture. */
const NETWORK = 'plain-cnn';
const RESIDUAL_NETWORK = 'residual-cnn';
const TRANSFORMER = 'packages/methods/attention-rollout/test/vision-transformer.onnx';
const PICTURES = ['picture.png', 'cat.jpg', 'dog.jpg'];

/** The folders of all packages, by name. */
export function packageFolders() {
  const folders = ['packages', 'packages/backends', 'packages/methods', 'apps']
    .flatMap((parent) => readdirSync(join(ROOT, parent)).map((name) => join(parent, name)))
    .filter((folder) => existsSync(join(ROOT, folder, 'package.json')));
  return new Map(folders.map((folder) => [JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8')).name, folder]));
}

function link(target, path) {
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(target, path);
}

/** Makes the folder: packages linked, the two programs, a network in both formats, its labels, pictures of the embedded set. */
export async function makeSampleProject() {
  const folder = mkdtempSync(join(tmpdir(), 'pellucid-samples-'));
  const modules = join(folder, 'node_modules');
  for (const [name, path] of packageFolders()) link(join(ROOT, path), join(modules, name));
  for (const [name, owner] of Object.entries(OTHERS)) link(join(ROOT, owner, 'node_modules', name), join(modules, name));
  mkdirSync(join(modules, '.bin'));
  for (const [name, entry] of Object.entries(PROGRAMS)) {
    writeFileSync(join(modules, '.bin', name), `#!/bin/sh\nexec "${process.execPath}" "${join(ROOT, entry)}" "$@"\n`, { mode: 0o755 });
  }
  const { embeddedDataset } = await import(pathToFileURL(join(ROOT, 'packages/datasets/dist/index.js')).href);
  const sharp = createRequire(join(ROOT, 'packages/datasets/package.json'))('sharp');
  const { images, classNames } = embeddedDataset({ split: 'test', count: PICTURES.length });
  const [, height, width, channels] = images.shape;
  const size = height * width * channels;
  for (const [i, name] of PICTURES.entries()) {
    const pixels = Uint8Array.from(images.data.subarray(i * size, (i + 1) * size), (value) => Math.round(value * 255));
    await sharp(pixels, { raw: { width, height, channels } }).toFile(join(folder, name));
  }
  writeFileSync(join(folder, 'labels.txt'), `${classNames.join('\n')}\n`);
  return folder;
}

/** A folder of one page inside of the project, with the files that pages speak of. */
export function makePageFolder(project, name) {
  const folder = join(project, name);
  mkdirSync(folder);
  const zoo = join(ROOT, 'packages/zoo/models', NETWORK);
  for (const file of ['network.onnx', 'model.onnx']) copyFileSync(join(zoo, 'model.onnx'), join(folder, file));
  copyFileSync(join(ROOT, TRANSFORMER), join(folder, 'vision-transformer.onnx'));
  copyFileSync(join(ROOT, 'packages/zoo/models', RESIDUAL_NETWORK, 'model.onnx'), join(folder, 'resnet.onnx'));
  cpSync(join(zoo, 'tfjs'), join(folder, 'model'), { recursive: true });
  for (const file of [...PICTURES, 'labels.txt']) copyFileSync(join(project, file), join(folder, file));
  return folder;
}
