// Explains a few images of the embedded set with every method on one engine: a process of its own, since native engines share theirs with
// no other. Writes one .npy per network and method (images as NCHW) and index.json, into the folder that is named second. Methods that are named third,
// with commas, run alone, on images that differ by as much as the fourth says: what rounding does to them.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { allMethods, loadFromBench } from './all-methods.mjs';

const [engine, out, only, change = '0'] = process.argv.slice(2);
const SAMPLES = 2;
/** Images that stand for the data. */
const REFERENCES = 4;
const SEED = 0;

const { convertLayout, encodeNpy, explain, isSpatial, sliceBatch } = await loadFromBench('@pellucid/core');
const { embeddedDataset } = await loadFromBench('@pellucid/datasets');
const { zooModels } = await loadFromBench('@pellucid/zoo');

async function loadModel({ onnx, tfjs }) {
  if (engine === 'onnxruntime') return (await loadFromBench('@pellucid/backend-onnxruntime')).loadModel(onnx.path);
  return (await loadFromBench('@pellucid/backend-tfjs')).loadModel(tfjs.path, { engine });
}

async function explainOne(model, method, input, targets, references) {
  if ('begin' in method) return explain(model, method, { batches: [input], seed: SEED });
  return explain(model, method, { input, targets, references, seed: SEED });
}

mkdirSync(out, { recursive: true });
const wanted = only?.split(',');
const methods = (await allMethods()).filter(({ description }) => wanted?.includes(description.name) ?? true);
/** Values that differ from those given by a share of them, one way or the other. */
const changed = ({ shape, data }) => ({ shape, data: data.map((value, i) => value * (1 + Number(change) * Math.sin(i * 12.9898))) });
const index = { engine, backend: null, maps: [] };
for (const entry of zooModels) {
  const model = await loadModel(entry);
  index.backend = model.backend;
  const { images, labels, layout } = embeddedDataset({ split: 'test', count: SAMPLES + REFERENCES, seed: SEED });
  const converted = convertLayout(images, layout, model.input.layout);
  const [input, references] = [changed(sliceBatch(converted, 0, SAMPLES)), sliceBatch(converted, SAMPLES, SAMPLES + REFERENCES)];
  for (const method of methods) {
    const { name, title, kind } = method.description;
    const map = { model: entry.name, method: name, title, kind };
    const started = performance.now();
    try {
      const { values, provenance } = await explainOne(model, method, input, [...labels].slice(0, SAMPLES), references);
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
