import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PellucidError } from '@pellucid/core';

/** An installed package that offers methods. */
export interface MethodPackage {
  /** The file that `import` loads. */
  readonly entry: string;
  /** Names of the exports that are methods. */
  readonly exports: readonly string[];
}

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

const CONDITIONS = ['node', 'import', 'default'];

/** Follows the conditions of an `exports` field as `import` does. */
function followConditions(target: unknown): string | undefined {
  if (typeof target === 'string') return target;
  if (Array.isArray(target)) return target.map(followConditions).find((path) => path !== undefined);
  if (!isObject(target)) return undefined;
  for (const [condition, inner] of Object.entries(target)) {
    const path = CONDITIONS.includes(condition) ? followConditions(inner) : undefined;
    if (path !== undefined) return path;
  }
  return undefined;
}

function entryPath({ exports, main }: Json): string {
  const root = isObject(exports) && '.' in exports ? exports['.'] : exports;
  return followConditions(root) ?? (typeof main === 'string' ? main : 'index.js');
}

/** The folder of an installed package, looked for as Node does: in each `node_modules` from a folder upward. */
function findFolder(name: string, from: string): string | undefined {
  const folder = join(from, 'node_modules', name);
  if (existsSync(join(folder, 'package.json'))) return folder;
  const parent = dirname(from);
  return parent === from ? undefined : findFolder(name, parent);
}

/**
 * Finds a package with methods by its name, from the folder of the user.
 * @returns undefined when no such package is installed
 * @throws CONFIGURATION_INVALID when it is installed but says nothing of methods.
 */
export function findMethodPackage(name: string, from: string): MethodPackage | undefined {
  if (!/^(@[\w.-]+\/)?[\w.-]+$/.test(name) || name.startsWith('.')) return undefined;
  const folder = findFolder(name, from);
  if (folder === undefined) return undefined;
  const manifest: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const field = isObject(manifest) ? manifest['pellucid'] : undefined;
  const exports: unknown = isObject(field) ? field['methods'] : undefined;
  if (!isObject(manifest) || !Array.isArray(exports) || exports.length === 0) {
    throw new PellucidError('CONFIGURATION_INVALID', {
      where: `of methods, package \`${name}\``,
      problem: `the package.json in \`${folder}\` lists no methods`,
      help: 'A package of methods has a field such as "pellucid": { "methods": ["myMethod"] } with the names of its exports.',
    });
  }
  return { entry: join(folder, entryPath(manifest)), exports: exports.map(String) };
}
