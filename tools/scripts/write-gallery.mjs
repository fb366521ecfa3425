// Writes a page that shows every method on the same images, one strip per method. Without arguments docs/gallery.md on the embedded set; with a
// folder of images and a network a page of the same form for these:
//   npm run docs:gallery -- --images photos --model network.onnx --preprocess imagenet --out my-gallery
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { allMethods, loadFromBench } from './all-methods.mjs';
import { ensureBuilt, ensureInstalled, ROOT } from './workspace.mjs';

const NETWORK = 'residual-cnn';
const COUNT = 5;
/** Pixels of one tile along its longer side, about; small images are enlarged by whole factors. */
const TILE = 112;
const GAP = 4;
const IMAGE = /\.(jpe?g|png|webp)$/i;

ensureInstalled();
ensureBuilt();
const { concatBatches, convertLayout, explain, isSpatial, sliceBatch } = await loadFromBench('@pellucid/core');
const { embeddedDataset, loadImage } = await loadFromBench('@pellucid/datasets');
const { enlarge, imagePixels } = await loadFromBench('@pellucid/render');
const { zooModel } = await loadFromBench('@pellucid/zoo');
const { loadModel } = await loadFromBench('@pellucid/backend-onnxruntime');
// The page shows maps as `pellucid explain` does.
const fromCommandLine = (path) => import(pathToFileURL(join(ROOT, 'apps/cli/dist/output', path)).href);
const { drawMap, sampleMap } = await fromCommandLine('draw-map.js');
const { mapKind } = await fromCommandLine('picture-book.js');
const sharp = createRequire(join(ROOT, 'packages/datasets/package.json'))('sharp');

const { values: given } = parseArgs({ options: {
  images: { type: 'string' }, model: { type: 'string' }, preprocess: { type: 'string', default: 'unit' }, out: { type: 'string', default: 'gallery' },
} });
const fromUser = (path) => resolve(process.env.INIT_CWD ?? process.cwd(), path);
if ((given.images === undefined) !== (given.model === undefined)) {
  process.stderr.write('Give both --images FOLDER and --model NETWORK.onnx, or neither of them.\n');
  process.exit(2);
}

/** The embedded images: one of each of five classes. */
function embeddedSubject(model) {
  const { images, labels, layout, classNames } = embeddedDataset({ split: 'test', count: 60 });
  const chosen = classNames.slice(0, COUNT).map((_, label) => labels.indexOf(label));
  return { input: convertLayout(concatBatches(chosen.map((i) => sliceBatch(images, i, i + 1))), layout, model.input.layout), names: classNames.slice(0, COUNT) };
}

async function folderSubject(model) {
  const names = readdirSync(fromUser(given.images)).filter((name) => IMAGE.test(name)).sort().slice(0, COUNT);
  if (names.length === 0) {
    process.stderr.write(`${given.images} holds no PNG, JPEG or WebP images.\n`);
    process.exit(2);
  }
  const images = [];
  for (const name of names) images.push(await loadImage(join(fromUser(given.images), name), model.input, given.preprocess));
  return { input: concatBatches(images), names };
}

const fit = (picture) => enlarge(picture, Math.max(TILE, picture.width, picture.height));

/** Pictures side by side in one file. */
async function writeStrip(pictures, file) {
  const [{ width, height }] = pictures;
  const tiles = pictures.map((picture, i) => ({
    input: Buffer.from(picture.data), raw: { width, height, channels: 4 }, left: i * (width + GAP), top: 0,
  }));
  const canvas = { width: pictures.length * (width + GAP) - GAP, height, channels: 4, background: '#ffffff' };
  const strip = await sharp({ create: canvas }).composite(tiles).png().toBuffer();
  await sharp(strip).resize({ width: Math.min(canvas.width, COUNT * 232) }).webp({ quality: 78, effort: 6 }).toFile(file);
}

/** The map of every image over the image. */
function drawAll(explanation, method) {
  const request = { view: 'overlay' };
  const kind = mapKind(explanation, method.description, request);
  return pictures.map((picture, sample) => drawMap(sampleMap(explanation, sample), explanation.provenance.layout, picture, kind, request));
}

const model = await (given.model === undefined ? loadModel(zooModel(NETWORK).onnx.path, { name: NETWORK }) : loadModel(fromUser(given.model)));
const page = given.images === undefined ? join(ROOT, 'docs/gallery.md') : join(fromUser(given.out), 'gallery.md');
const folder = given.images === undefined ? join(ROOT, 'docs/pictures/gallery') : join(fromUser(given.out), 'pictures');
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const { input, names } = given.images === undefined ? embeddedSubject(model) : await folderSubject(model);
const pictures = Array.from({ length: input.shape[0] }, (_, i) => fit(imagePixels(input, model.input.layout, i)));

async function sectionOf(method) {
  const { name, title, kind } = method.description;
  const own = `\`${name}\`${kind === 'local' ? '' : `, ${kind}`}`;
  try {
    const explanation = await explain(model, method, { input, references: input });
    const { layout, layer } = explanation.provenance;
    if (!isSpatial(layout)) return [`## ${title}`, '', `${own}. Its map has no height and width here.`, ''];
    const drawn = drawAll(explanation, method);
    await writeStrip(drawn.map(({ picture }) => picture), join(folder, `${name}.webp`));
    const alternative = `${title} on ${drawn.length} images. The first: ${drawn[0].alternativeText}`.replaceAll('\n', ' ');
    const at = layer === undefined ? '' : ` At layer \`${layer}\`.`;
    const flat = drawn.filter(({ alternativeText }) => alternativeText.includes('every value is')).length;
    const same = flat === 0 ? '' : ` ${flat === drawn.length ? 'All maps have' : `${flat} of ${drawn.length} maps have`} the same value everywhere.`;
    return [`## ${title}`, '', `${own}.${at}${same}`, '', `![${alternative}](${relative(join(page, '..'), join(folder, `${name}.webp`))})`, ''];
  } catch (error) {
    if (error.code === undefined) throw error;
    return [`## ${title}`, '', `${own}. ${error.message}`, ''];
  }
}

await writeStrip(pictures, join(folder, 'images.webp'));
const { logits } = await model.evaluate({ input });
const predicted = names.map((_, i) => {
  const scores = [...logits.data.slice(i * model.classes, (i + 1) * model.classes)];
  return scores.indexOf(Math.max(...scores));
});
const sections = [];
for (const method of (await allMethods()).sort((a, b) => (a.description.title < b.description.title ? -1 : 1))) {
  sections.push(...await sectionOf(method));
  process.stderr.write(`${method.description.name}\n`);
}
await model.dispose();
const shown = names.map((name, i) => `${name} (predicted: class ${predicted[i]})`).join(', ');
writeFileSync(page, [
  '---', 'title: Gallery', 'group: Compare', '---', '', '# Gallery', '',
  `Written by \`npm run docs:gallery\`: every method with its default options on the same images, for the predicted class, on \`${model.name}\`. Red speaks for the`,
  'class and blue against it; maps without negative values lie over the image from black to pale yellow, and so do maps far from zero, as those of RISE, whose lowest',
  'values are black. Maps are drawn as `pellucid explain` draws them. Wrappers are run around saliency. For images and a network of your own:',
  '`npm run docs:gallery -- --images photos --model network.onnx --preprocess imagenet --out my-gallery`.', '',
  `Images: ${shown}.`, '', `![The images](${relative(join(page, '..'), join(folder, 'images.webp'))})`, '',
  ...sections,
].join('\n'));
