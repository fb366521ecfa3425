// Writes docs/methods.md: what every method needs, costs and keeps, from its metadata, its tests, and runs on a network of the zoo. Depends on
// the engine, so that no check compares it.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { allMethods, loadFromBench } from './all-methods.mjs';
import { axiomsOn } from './measure-axioms.mjs';
import { ensureBuilt, ensureInstalled, ROOT } from './workspace.mjs';

const NETWORK = 'residual-cnn';
/** Images that stand for the data. */
const REFERENCES_COUNT = 8;
/** Other implementations. */
const IMPLEMENTATIONS = ['Captum', 'pytorch-grad-cam', 'zennit', 'TorchPRISM', 'scikit-image'];

ensureInstalled();
ensureBuilt();
const { convertLayout, explain, sliceBatch } = await loadFromBench('@pellucid/core');
const { embeddedDataset } = await loadFromBench('@pellucid/datasets');
const { zooModel } = await loadFromBench('@pellucid/zoo');
const { loadModel } = await loadFromBench('@pellucid/backend-onnxruntime');

/** The distance of a method on TensorFlow.js (wasm) from that on ONNX Runtime, as docs/parity.md has it. */
function parityTable() {
  const path = join(ROOT, 'docs/parity.md');
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  return new Map([...text.matchAll(/^\| `([a-z0-9-]+)` \| [^|]*\| ([^|]*) \|/gm)].map(([, name, wasm]) => [name, wasm.trim()]));
}

/** Titles of tests about what a map adds up to. */
const SUMS = /(?:test|it)(?:\.each)?\(.*['`].*\b(complete|completeness|add up|adds up|sum|sums)\b/;

const readmeOf = (name) => readFileSync(join(ROOT, 'packages/methods', name, 'README.md'), 'utf8');
const testsOf = (name) => {
  const folder = join(ROOT, 'packages/methods', name, 'src');
  return readdirSync(folder, { recursive: true }).map(String).filter((file) => file.endsWith('.test.ts')).map((file) => readFileSync(join(folder, file), 'utf8')).join('\n');
};

/** What the tests of a method compare it with: other implementations that its README names under Checks, and what the contract is told. */
function checksOf(name) {
  const tests = testsOf(name);
  const checks = /^## Checks\n([\s\S]*?)^## /m.exec(readmeOf(name))?.[1] ?? '';
  return [
    ...(/\blinear:/.test(tests) ? ['closed form'] : []),
    ...(/\bcomplete: true/.test(tests) || SUMS.test(tests) ? ['sums'] : []),
    ...IMPLEMENTATIONS.filter((other) => checks.includes(other)),
    ...(/authors'/.test(checks) ? ["authors' code"] : []),
  ];
}

/** One method on the network: passes and what of its map holds. */
async function measure(model, method, input, references) {
  if ('begin' in method) {
    const { provenance } = await explain(model, method, { batches: [input] });
    return { passes: provenance.passes, sum: '', classes: 'no' };
  }
  const request = { input, targets: 0, references };
  const { values, provenance } = await explain(model, method, request);
  const other = await explain(model, method, { ...request, targets: 1 });
  const change = values.data.some((value, i) => value !== other.values.data[i]);
  const [delta] = provenance.convergenceDelta ?? [];
  const total = values.data.reduce((a, b) => a + b, 0);
  return {
    passes: provenance.passes, draws: provenance.draws, classes: change ? 'yes' : 'no',
    sum: delta === undefined ? '' : inPercent(Math.abs(delta) / Math.max(Math.abs(total - delta), 1e-12)),
  };
}

/** A share in percent, as exact as it says anything. */
const inPercent = (share) => (share < 1e-6 ? '< 0.0001 %' : `${Number((100 * share).toPrecision(1))} %`);
const line = (cells) => `| ${cells.join(' | ')} |`;
const needsInWords = (needs) => (needs.length === 0 ? 'the output' : needs.join(', '));

async function rowOf(model, method, { input, references, parity }) {
  const { name, title, kind, needs } = method.description;
  const link = `[\`${name}\`](../packages/methods/${name}) ${title}`;
  const beyond = parity.get(name) ?? '';
  const axioms = await axiomsOn(method);
  try {
    const batch = kind === 'batch' || name === 'feature-permutation' ? input : sliceBatch(input, 0, 1);
    const { passes, draws, classes, sum } = await measure(model, method, batch, references);
    const count = batch.shape[0];
    const perSample = (number) => String(Number((number / count).toPrecision(4)));
    return line([
      link, kind, needsInWords(needs), perSample(passes.forward), perSample(passes.backward), draws ? 'yes' : '', classes, sum, axioms.dummy, axioms.symmetry,
      beyond, checksOf(name).join(', '),
    ]);
  } catch (error) {
    return line([link, kind, needsInWords(needs), error.code ?? 'failed', '', '', '', '', axioms.dummy, axioms.symmetry, beyond, checksOf(name).join(', ')]);
  }
}

const model = await loadModel(zooModel(NETWORK).onnx.path);
const { images, layout } = embeddedDataset({ split: 'test', count: 2 + REFERENCES_COUNT });
const converted = convertLayout(images, layout, model.input.layout);
const given = { input: sliceBatch(converted, 0, 2), references: sliceBatch(converted, 2, 2 + REFERENCES_COUNT), parity: parityTable() };
const rows = [];
for (const method of (await allMethods()).sort((a, b) => (a.description.name < b.description.name ? -1 : 1))) {
  rows.push(await rowOf(model, method, given));
  process.stderr.write(`${method.description.name}\n`);
}
await model.dispose();
const onnxruntime = model.backend.versions['onnxruntime-node'];

const PAGE = [
  '---', 'title: All methods side by side', 'group: Compare', '---', '',
  '# All methods side by side',
  '',
  `Written by \`npm run docs:methods\` from the methods' metadata, their tests, and one image of the embedded set on \`${NETWORK}\` with default options`,
  `(ONNX Runtime ${onnxruntime}), with eight other images as references. Wrappers are run around saliency. Names of methods are those of the command line.`,
  '',
  '- **forward, backward**: passes per image. Those of methods that look at channels or places of a layer grow with the network.',
  '- **error told**: the explanation carries the standard error of every value, and the method can stop early.',
  '- **per class**: whether the map of another class is another map.',
  '- **sum off by**: how far the map (for layers: the map and what does not pass the layer) is from the change of the score that it promises to add up to;',
  '  empty where it promises nothing.',
  '- **dummy**, **symmetry**: whether a pixel that the score does not use gets nothing, and two pixels of the same value that play the same part get the same.',
  '  Measured on one formula: a *no* is a fact about the method at its defaults, a *yes* is no proof. *estimated*: within three standard errors. Empty where',
  '  a map is not one of single pixels (segments, windows, layers), or a method needs what a formula has not.',
  '- **tfjs**: largest relative L2 difference between TensorFlow.js (wasm) and ONNX Runtime, from [the same maps on every engine](parity.md). A code in capitals: the',
  '  networks of the zoo do not fit the method.',
  '- **tested against**: beyond the contract of `@pellucid/testkit`, which all pass (batches, order, chunks, layouts, seeds, aborts, typed errors): answers known in',
  '  closed form, sums, other implementations. Details stand under *Checks* in each README.',
  '',
  line(['method', 'kind', 'needs', 'forward', 'backward', 'error told', 'per class', 'sum off by', 'dummy', 'symmetry', 'tfjs', 'tested against']),
  line(['---', '---', '---', '---:', '---:', '---', '---', '---:', '---', '---', '---:', '---']),
  ...rows,
  '',
];
writeFileSync(join(ROOT, 'docs/methods.md'), PAGE.join('\n'));
