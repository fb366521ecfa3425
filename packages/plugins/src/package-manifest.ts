import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What is read of a package's package.json. */
export interface PackageManifest {
  readonly name: string;
  /** Names of the exports that are methods: the `methods` of the `pellucid` field. */
  readonly methods: readonly string[];
  /** Names of the exports that are metrics: the `metrics` of the `pellucid` field. */
  readonly metrics: readonly string[];
  readonly dependencies: readonly string[];
  /** The file that `import` loads. */
  readonly entry: string;
}

function isJsonObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const CONDITIONS = ['node', 'import', 'default'];

/** Follows the conditions of an `exports` field as `import` does. */
function resolveConditions(target: unknown): string | undefined {
  if (typeof target === 'string') return target;
  if (Array.isArray(target)) return target.map(resolveConditions).find((path) => path !== undefined);
  if (!isJsonObject(target)) return undefined;
  for (const [condition, inner] of Object.entries(target)) {
    const path = CONDITIONS.includes(condition) ? resolveConditions(inner) : undefined;
    if (path !== undefined) return path;
  }
  return undefined;
}

function entryOf(manifest: Readonly<Record<string, unknown>>): string {
  const { exports, main } = manifest;
  const root = isJsonObject(exports) && '.' in exports ? exports['.'] : exports;
  return resolveConditions(root) ?? (typeof main === 'string' ? main : 'index.js');
}

/** Reads the package.json of a folder; undefined where there is none that can be read. */
export async function readManifest(folder: string): Promise<PackageManifest | undefined> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  } catch {
    return undefined;
  }
  if (!isJsonObject(value) || typeof value['name'] !== 'string') return undefined;
  const field = value['pellucid'];
  const names = (list: string): string[] => {
    const listed: unknown = isJsonObject(field) ? field[list] : undefined;
    return Array.isArray(listed) ? listed.filter((name): name is string => typeof name === 'string') : [];
  };
  return {
    name: value['name'],
    methods: names('methods'),
    metrics: names('metrics'),
    dependencies: isJsonObject(value['dependencies']) ? Object.keys(value['dependencies']) : [],
    entry: join(folder, entryOf(value)),
  };
}
