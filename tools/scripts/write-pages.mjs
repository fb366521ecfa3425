// Writes the pages of the documents that are made from tables in the source: errors, operators, metrics, and the table of options in every method's
// README. With --check it writes nothing and fails where a page is not what the source says.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureBuilt, ensureInstalled, ROOT } from './workspace.mjs';

const check = process.argv.includes('--check');
ensureInstalled();
if (!check) ensureBuilt();
const built = (path) => import(pathToFileURL(join(ROOT, path)).href);

/** Pages by their path from the root. */
async function* pages() {
  const { errorsPage } = await built('packages/core/dist/errors/errors-page.js');
  yield ['docs/errors.md', errorsPage()];
  const { operatorsPage } = await built('packages/onnx-autodiff/dist/operators-page.js');
  yield ['docs/operators.md', operatorsPage()];
  const { metricsPage } = await built('packages/metrics/dist/metrics-page.js');
  yield ['docs/metrics.md', metricsPage()];
  for (const name of readdirSync(join(ROOT, 'packages/methods')).sort()) yield await methodReadme(name);
}

/** Words of a type: values as code, alternatives as a list. */
const typeInWords = (type) => type.split(' | ').map((part) => (/^["[{]|^(true|false)$/.test(part) ? `\`${part.replaceAll('"', '')}\`` : part)).join(', ');
const inCell = (text) => text.replaceAll('|', '\\|');

function optionRow([name, { type, default: fallback, description }]) {
  const value = fallback === undefined ? 'chosen by the method' : `\`${JSON.stringify(fallback).replaceAll('"', '')}\``;
  return `| \`${name}\` | ${inCell(typeInWords(type))} | ${inCell(value)} | ${inCell(description)} |`;
}

/** A method's README with its table of options as the code has them; the rest is as it was written. */
async function methodReadme(name) {
  const folder = `packages/methods/${name}`;
  const { pellucid: { methods: [exported] } } = JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8'));
  const { [exported]: factory } = await built(`${folder}/dist/index.js`);
  const path = `${folder}/README.md`;
  const text = existsSync(join(ROOT, path)) ? readFileSync(join(ROOT, path), 'utf8') : '';
  const rows = Object.entries(factory.options).map(optionRow);
  const table = /^\| option \|.*\n\|[-|]+\|\n(?:\|.*\n)*/m;
  if (rows.length === 0) return [path, text];
  if (!table.test(text)) throw new Error(`${path} has no table that begins with | option |`);
  return [path, text.replace(table, () => ['| option | type | default | meaning |', '|---|---|---|---|', ...rows, ''].join('\n'))];
}

const stale = [];
for await (const [path, text] of pages()) {
  if (existsSync(join(ROOT, path)) && readFileSync(join(ROOT, path), 'utf8') === text) continue;
  if (check) stale.push(path);
  else writeFileSync(join(ROOT, path), text);
}
for (const path of stale) process.stdout.write(`${path} is not what the source says: run \`npm run docs:pages\`\n`);
process.exitCode = stale.length === 0 ? 0 : 1;
