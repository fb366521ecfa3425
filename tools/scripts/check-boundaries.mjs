// Proves that the fence between the layers bites: each forbidden import, written into a package for a moment, must fail the lint.
import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './workspace.mjs';

const FORBIDDEN = [
  ['a method imports a backend', 'packages/methods/saliency', '@pellucid/backend-onnxruntime'],
  ['a method imports an engine', 'packages/methods/saliency', 'onnxruntime-node'],
  ['core imports a method', 'packages/core', '@pellucid/method-saliency'],
  ['core imports an npm package', 'packages/core', 'onnx-buf'],
  ['a backend imports a method', 'packages/backends/tfjs', '@pellucid/method-saliency'],
  ['a metric imports a backend', 'packages/metrics', '@pellucid/backend-onnxruntime'],
  ['a renderer imports an app', 'packages/render', '@pellucid/cli'],
];
const RULE = '@nx/enforce-module-boundaries';

/** The rules that an offending line breaks, as ESLint reports them. */
function brokenRules(folder, line) {
  const file = join(ROOT, folder, 'src/boundary-probe.ts');
  writeFileSync(file, line);
  try {
    const { stdout } = spawnSync(join(ROOT, 'node_modules/.bin/eslint'), ['--format=json', file], {
      cwd: ROOT, encoding: 'utf8', env: { ...process.env, NX_DAEMON: 'false' },
    });
    return JSON.parse(stdout).flatMap(({ messages }) => messages.map(({ ruleId }) => ruleId));
  } finally {
    rmSync(file, { force: true });
  }
}

let failed = 0;
const check = (name, ok) => {
  if (!ok) failed++;
  process.stdout.write(`${ok ? 'ok    ' : 'FAILED'} ${name}\n`);
};
for (const [name, folder, specifier] of FORBIDDEN) {
  check(`the lint refuses that ${name}`, brokenRules(folder, `export * from '${specifier}';\n`).includes(RULE));
}
check('the lint accepts that a method imports core', brokenRules('packages/methods/saliency', "export { INPUT } from '@pellucid/core';\n").length === 0);
process.stdout.write(`${FORBIDDEN.length + 1 - failed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
