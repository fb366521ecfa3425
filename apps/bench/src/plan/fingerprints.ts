import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BackendName, MethodChoice, MetricChoice } from '../configuration/configuration.ts';
import { APPLICATION } from '../plugins/known-methods.ts';
import { hashOf, sha256 } from '../store/hash.ts';

interface Manifest {
  readonly name?: string;
  readonly version?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

const readManifest = (folder: string): Manifest => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;

/** The folder of the package that holds a file. */
function packageFolder(file: string): string {
  const folder = dirname(file);
  return existsSync(join(folder, 'package.json')) || folder === dirname(folder) ? folder : packageFolder(folder);
}

function findPackage(name: string, from: string): string | undefined {
  const require = createRequire(join(from, 'package.json'));
  try {
    return dirname(require.resolve(`${name}/package.json`));
  } catch {
    try {
      return packageFolder(require.resolve(name));
    } catch {
      return undefined;
    }
  }
}

/** The hash of the code below a folder: what runs, not what tests it. */
function hashCode(folder: string): string {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && ['.js', '.mjs', '.cjs'].includes(extname(entry.name)) && !entry.name.includes('.test.'))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !file.slice(folder.length).includes('node_modules'))
    .sort();
  return sha256(...files.flatMap((file) => [file.slice(folder.length), readFileSync(file)]));
}

/** What stands for the versions of everything that decides a number. Code that was changed without a new version number counts as another one. */
export interface Fingerprints {
  readonly method: (choice: MethodChoice) => string;
  readonly metric: (choice: Pick<MetricChoice, 'packageName' | 'entry'>) => string;
  readonly backend: (backend: BackendName) => string;
  /** Of the packages that make data and trainings. */
  readonly data: string;
}

/** What draws samples, makes the maps of controls and brings all maps to the size of the image. */
const OWN_FOLDERS = ['../data/', '../worker/'].map((folder) => fileURLToPath(new URL(folder, import.meta.url)));

/** Own packages that a package brings in, itself included, and the versions of the others. */
function collect(name: string, from: string, seen: Map<string, string>): void {
  const folder = findPackage(name, from);
  if (folder === undefined || seen.has(name)) return;
  const { version = '', dependencies = {}, peerDependencies = {} } = readManifest(folder);
  if (!name.startsWith('@pellucid/')) {
    seen.set(name, version);
    return;
  }
  const code = join(folder, 'dist');
  seen.set(name, `${version} ${existsSync(code) ? hashCode(code) : ''}`);
  for (const needed of Object.keys({ ...dependencies, ...peerDependencies })) collect(needed, folder, seen);
}

/** Reads fingerprints as they are asked for, each once. */
export function readFingerprints(): Fingerprints {
  const known = new Map<string, string>();
  const once = (key: string, make: () => string): string => {
    const found = known.get(key) ?? make();
    known.set(key, found);
    return found;
  };
  const brought = (name: string): string => once(name, () => {
    const seen = new Map<string, string>();
    collect(name, APPLICATION, seen);
    return hashOf([...seen].sort());
  });
  const plugin = (entry: string): string => once(entry, () => {
    const folder = packageFolder(entry);
    return sha256(readFileSync(join(folder, 'package.json')), hashCode(folder));
  });
  const node = process.versions.node;
  return {
    // Controls, and what a wrapper wraps, are code of the application and of any method.
    method: ({ packageName, entry, options }) => {
      if (entry !== null) return `${plugin(entry)} ${brought('@pellucid/core')}`;
      const { method } = options;
      const inner = typeof method === 'string' ? method : typeof method === 'object' && method !== null && 'name' in method ? String(method.name) : null;
      return hashOf([brought(packageName ?? '@pellucid/metrics'), inner === null ? null : brought(`@pellucid/method-${inner}`)]);
    },
    metric: ({ packageName, entry }) => (entry === null ? brought(packageName ?? '@pellucid/metrics') : `${plugin(entry)} ${brought('@pellucid/core')}`),
    backend: (backend) => `${node} ${brought(backend === 'onnxruntime' ? '@pellucid/backend-onnxruntime' : '@pellucid/backend-tfjs')}`,
    data: hashOf([node, ...['@pellucid/datasets', '@pellucid/training'].map(brought), ...OWN_FOLDERS.map(hashCode)]),
  };
}
