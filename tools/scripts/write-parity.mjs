// Writes docs/parity.md: how far the maps of every method on every engine of tfjs are from those on ONNX Runtime.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { NATIVE_FOLDER, nativeEnvironment, provideNativeEngine } from './native-engine.mjs';
import { ensureBuilt, ensureInstalled, ROOT } from './workspace.mjs';

const REFERENCE = 'onnxruntime';
const ENGINES = ['wasm', 'cpu', 'node'];
/** What float32 leaves of a map that is computed in another order of sums, by a rule that does not divide by differences. */
const EXPECTED = 1e-4;
/** A change of the image that separates what rounding decides from what engines do: eight units in the last place. */
const CHANGE = 1e-6;

ensureInstalled();
ensureBuilt();
const { batchSize, decodeNpy, sampleData } = await import(pathToFileURL(join(ROOT, 'packages/core/dist/index.js')).href);

/** The maps of one engine, or why there are none; of a few methods where these are named, on images that were changed. */
function mapsOf(engine, work, only = []) {
  const reason = engine === 'node' ? provideNativeEngine(engine) : undefined;
  if (reason !== undefined) return { engine, reason };
  const folder = join(work, [engine, ...only].join('.'));
  const { status } = spawnSync(process.execPath, [join(ROOT, 'tools/scripts/parity-maps.mjs'), engine, folder, ...only], {
    cwd: engine === 'node' ? NATIVE_FOLDER : ROOT, env: { ...process.env, ...nativeEnvironment }, stdio: ['ignore', 'ignore', 'inherit'],
  });
  const file = join(folder, 'index.json');
  if (status !== 0 || !existsSync(file)) {
    process.stderr.write(`Cannot make the maps of engine ${engine}: see the messages above.\n`);
    process.exit(1);
  }
  const { backend, maps } = JSON.parse(readFileSync(file, 'utf8'));
  const read = (map) => (map.file ? decodeNpy(readFileSync(join(folder, map.file)), map.file) : null);
  return { engine, backend, maps: maps.map((map) => ({ ...map, values: read(map) })) };
}

/** The largest of ||a - b|| / ||b|| over the samples; 0 where both are zero. */
function relativeDifference(a, b) {
  if (a.shape.join() !== b.shape.join()) return Infinity;
  let largest = 0;
  for (let sample = 0; sample < batchSize(b); sample++) {
    const [here, there] = [sampleData(a, sample), sampleData(b, sample)];
    let [difference, size] = [0, 0];
    there.forEach((value, i) => {
      difference += (here[i] - value) ** 2;
      size += value ** 2;
    });
    if (difference > 0) largest = Math.max(largest, size === 0 ? Infinity : Math.sqrt(difference / size));
  }
  return largest;
}

/** The cell of a method on an engine: over all networks. */
function compare(method, reference, other) {
  if (other.reason !== undefined) return { text: '' };
  const own = other.maps.filter((map) => map.method === method);
  const pairs = own.map((map) => [map, reference.maps.find((candidate) => candidate.method === method && candidate.model === map.model)]);
  const failed = pairs.flat().find((map) => map?.error);
  if (failed !== undefined) return { text: failed.error.code };
  const value = Math.max(...pairs.map(([a, b]) => relativeDifference(a.values, b.values)));
  return { value, text: value === 0 ? '0' : value.toExponential(1) };
}

/** Methods with a cell above what is expected. */
const farApart = (reference, others) => [...new Set(reference.maps.map(({ method }) => method))].filter((method) =>
  others.some((other) => compare(method, reference, other).value > EXPECTED));

/** What a change of the image that is about rounding does to the maps of these methods on the reference engine itself. */
function roundingNotes(methods, reference, changed) {
  if (methods.length === 0) return [];
  const effects = methods.map((method) => `\`${method}\` by ${compare(method, reference, changed).text}`);
  return [`Images that differ by one millionth change the maps on ONNX Runtime alone: ${effects.join(', ')}.`, ''];
}

function page(reference, others, notes) {
  const shown = others.filter(({ reason }) => reason === undefined);
  const names = [...new Map(reference.maps.map(({ method, title }) => [method, title]))].sort(([a], [b]) => (a < b ? -1 : 1));
  const networks = [...new Set(reference.maps.map(({ model }) => model))];
  const versions = (backend) => Object.entries(backend.versions).map(([name, version]) => `${name} ${version}`).join(', ');
  const rows = names.map(([method, title]) => [`\`${method}\``, title, ...shown.map((other) => {
    const { value, text } = compare(method, reference, other);
    return value > EXPECTED ? `**${text}**` : text;
  })]);
  const failures = new Map([reference, ...shown].flatMap(({ maps }) => maps).filter(({ error }) => error).map(({ method, error }) => [method, error]));
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [
    '---', 'title: The same maps on every engine', 'group: Compare', '---', '',
    '# The same maps on every engine',
    '',
    'Written by `npm run docs:parity`. Every method of this repository with its default options on images of the embedded set and the networks of the zoo',
    `(${networks.map((name) => `\`${name}\``).join(', ')}), in both formats. A number is the largest relative L2 difference of a map from the one on ONNX Runtime, over all`,
    `networks and images; those above ${EXPECTED.toExponential(0)} are bold. Wrappers are run around saliency. A code in capitals: these networks do not fit the method.`,
    'Where a difference is large, rounding decided: which pixels come next, or on which side of a kink a point of a path lies.',
    '',
    line(['method', '', ...shown.map(({ engine }) => `tfjs/${engine}`)]),
    line(['---', '---', ...shown.map(() => '---:')]),
    ...rows.map(line),
    '',
    ...notes,
    `Reference: onnxruntime/${reference.backend.engine} (${versions(reference.backend)}).`,
    ...shown.map(({ engine, backend }) => `tfjs/${engine} on ${backend.device}: ${versions(backend)}.`),
    ...others.filter(({ reason }) => reason !== undefined).map(({ engine, reason }) => `tfjs/${engine} was not there: ${reason}.`),
    ...(failures.size === 0 ? [] : ['', ...[...failures].map(([method, { code, message }]) => `- \`${method}\`, ${code}: ${message}`)]),
    '',
  ].join('\n');
}

const work = mkdtempSync(join(tmpdir(), 'pellucid-parity-'));
try {
  const [reference, ...others] = [REFERENCE, ...ENGINES].map((engine) => mapsOf(engine, work));
  const far = farApart(reference, others);
  const changed = far.length === 0 ? null : mapsOf(REFERENCE, work, [far.join(','), String(CHANGE)]);
  writeFileSync(join(ROOT, 'docs/parity.md'), page(reference, others, roundingNotes(far, reference, changed)));
} finally {
  rmSync(work, { recursive: true, force: true });
}
