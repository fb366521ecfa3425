// Explains a few images of the embedded set with every method on one engine: a process of its own, since native engines share theirs with
// no other. Writes one .npy per network and method (images as NCHW) and index.json, into the folder that is named second.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from './workspace.mjs';

const [engine, out] = process.argv.slice(2);
const SAMPLES = 2;
const SEED = 0;
const INNER = 'saliency';
/** What a method cannot do without where no references are given. */
const NEEDED = { 'gradient-shap': { baseline: 'zero' } };

const BENCH = join(ROOT, 'apps/bench/package.json');
const require = createRequire(BENCH);
const load = (name) => import(pathToFileURL(require.resolve(name)).href);
const { convertLayout, encodeNpy, explain, isSpatial, sliceBatch } = await load('@pellucid/core');
const { embeddedDataset } = await load('@pellucid/datasets');
const { installedPackage, loadPackage, wrapperAsMethod } = await load('@pellucid/plugins');
const { zooModels } = await load('@pellucid/zoo');

/** Every method that the benchmark can run, configured with its defaults; wrappers around one that all engines know. */
async function allMethods() {
  const names = Object.keys(JSON.parse(readFileSync(BENCH, 'utf8')).dependencies).filter((name) => name.startsWith('@pellucid/method-'));
  const found = await Promise.all(names.map(async (name) => loadPackage(await installedPackage(name, join(ROOT, 'apps/bench')))));
  const factories = found.flatMap(({ methods }) => methods.map(({ factory }) => factory));
  const wrappers = found.flatMap((each) => each.wrappers ?? []).map(({ wrapper }) => wrapperAsMethod(wrapper, factories)({ method: INNER }));
  return [...factories.map((factory) => factory(NEEDED[factory.name])), ...wrappers];
}

async function loadModel({ onnx, tfjs }) {
  if (engine === 'onnxruntime') return (await load('@pellucid/backend-onnxruntime')).loadModel(onnx.path);
  return (await load('@pellucid/backend-tfjs')).loadModel(tfjs.path, { engine });
}

async function explainOne(model, method, input, targets) {
  if ('begin' in method) return explain(model, method, { batches: [input], seed: SEED });
  return explain(model, method, { input, targets, seed: SEED });
}

mkdirSync(out, { recursive: true });
const methods = await allMethods();
const index = { engine, backend: null, maps: [] };
for (const entry of zooModels) {
  const model = await loadModel(entry);
  index.backend = model.backend;
  const { images, labels, layout } = embeddedDataset({ split: 'test', count: SAMPLES, seed: SEED });
  const input = convertLayout(sliceBatch(images, 0, SAMPLES), layout, model.input.layout);
  for (const method of methods) {
    const { name, title, kind } = method.description;
    const map = { model: entry.name, method: name, title, kind };
    const started = performance.now();
    try {
      const { values, provenance } = await explainOne(model, method, input, [...labels]);
      map.file = `${entry.name}.${name}.npy`;
      writeFileSync(join(out, map.file), encodeNpy(isSpatial(provenance.layout) ? convertLayout(values, provenance.layout, 'NCHW') : values));
    } catch (error) {
      map.error = { code: error.code ?? 'UNEXPECTED', message: error.message };
    }
    map.seconds = (performance.now() - started) / 1000;
    index.maps.push(map);
    process.stderr.write(`${engine} ${entry.name} ${name} ${map.error?.code ?? ''} ${map.seconds.toFixed(2)} s\n`);
  }
  await model.dispose();
}
writeFileSync(join(out, 'index.json'), JSON.stringify(index, null, 2));
