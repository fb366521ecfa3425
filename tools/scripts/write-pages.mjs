// Writes the pages of the documents that are made from tables in the source.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureBuilt, ensureInstalled, ROOT } from './workspace.mjs';

ensureInstalled();
ensureBuilt();
const built = (path) => import(pathToFileURL(join(ROOT, path)).href);
const { errorsPage } = await built('packages/core/dist/errors/errors-page.js');
writeFileSync(join(ROOT, 'docs/errors.md'), errorsPage());
const { operatorsPage } = await built('packages/onnx-autodiff/dist/operators-page.js');
writeFileSync(join(ROOT, 'docs/operators.md'), operatorsPage());
