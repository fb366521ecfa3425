// Type-checks and runs the program under "## Use" of every method's README, word by word, in one folder with a network of the zoo.
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { ROOT } from './workspace.mjs';

// Beside an application that depends on every method, so that imports resolve as they do for a user who installed them.
const cache = join(ROOT, 'apps/cli/.cache');
mkdirSync(cache, { recursive: true });
const folder = mkdtempSync(join(cache, 'samples-'));

const names = readdirSync(join(ROOT, 'packages/methods')).sort();
const sampleOf = (name) => {
  const text = readFileSync(join(ROOT, 'packages/methods', name, 'README.md'), 'utf8');
  return /^## Use\n[\s\S]*?^```ts\n([\s\S]*?)^```/m.exec(text)?.[1];
};

let passed = 0;
let failed = 0;
function report(name, problem) {
  if (problem === undefined) passed++;
  else {
    failed++;
    process.stdout.write(`FAILED sample of ${name}: ${problem.split('\n').slice(0, 6).join('\n       ')}\n`);
  }
}

/** The errors of all samples under the strictest settings, by name. */
function typeErrors(samples) {
  const options = {
    strict: true, noEmit: true, target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext,
    lib: ['lib.es2023.d.ts'], types: ['node'], typeRoots: [join(ROOT, 'node_modules/@types')], skipLibCheck: true,
  };
  const program = ts.createProgram([...samples.keys()].map((name) => join(folder, `${name}.mts`)), options);
  const errors = new Map();
  for (const { file, messageText } of ts.getPreEmitDiagnostics(program)) {
    const name = [...samples.keys()].find((candidate) => file?.fileName.endsWith(`/${candidate}.mts`));
    errors.set(name, `${errors.get(name) ?? ''}${ts.flattenDiagnosticMessageText(messageText, '\n')}\n`);
  }
  return errors;
}

try {
  copyFileSync(join(ROOT, 'packages/zoo/models/plain-cnn/model.onnx'), join(folder, 'network.onnx'));
  const samples = new Map(names.map((name) => [name, sampleOf(name)]).filter(([name, sample]) => {
    if (sample === undefined) report(name, 'its README has no program under "## Use"');
    return sample !== undefined;
  }));
  for (const [name, sample] of samples) writeFileSync(join(folder, `${name}.mts`), sample);
  const errors = typeErrors(samples);
  for (const [name, sample] of samples) {
    const { outputText } = ts.transpileModule(sample, { compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext } });
    writeFileSync(join(folder, `${name}.mjs`), outputText);
    if (errors.has(name)) report(name, errors.get(name));
    else {
      const { status, stdout, stderr } = spawnSync(process.execPath, [join(folder, `${name}.mjs`)], { cwd: folder, encoding: 'utf8', timeout: 120_000 });
      report(name, status === 0 && stdout.trim() !== '' ? undefined : `status ${status}, printed "${stdout.trim()}"\n${stderr.trim()}`);
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
