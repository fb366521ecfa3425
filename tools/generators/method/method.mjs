import { generateFiles, names, updateJson } from '@nx/devkit';
import { join } from 'node:path';

/** The applications bring every method of this repository. */
const APPLICATIONS = ['apps/cli/package.json', 'apps/bench/package.json'];

const sorted = (record) => Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));

/** Adds a method package that passes its contract at once: the gradient, to be replaced by the method's own mathematics. */
export default function method(tree, { name, title }) {
  const folder = `packages/methods/${name}`;
  if (tree.exists(folder)) throw new Error(`${folder} is there already: choose another name, or edit that method.`);
  const { className, propertyName } = names(name);
  const words = name.split('-').join(' ');
  const substitutions = { name, className, propertyName, title: title ?? words[0].toUpperCase() + words.slice(1), template: '' };
  generateFiles(tree, join(import.meta.dirname, 'files'), folder, substitutions);

  updateJson(tree, 'tsconfig.json', (config) => ({ ...config, references: [...config.references, { path: `./${folder}` }] }));
  updateJson(tree, 'tsconfig.build.json', (config) => ({
    ...config, references: [...config.references, { path: `./${folder}/tsconfig.lib.json` }],
  }));
  for (const application of APPLICATIONS) {
    updateJson(tree, application, (manifest) => ({
      ...manifest, dependencies: sorted({ ...manifest.dependencies, [`@pellucid/method-${name}`]: '^0.0.0' }),
    }));
  }
  return () => {
    console.log(`Next: pnpm install; write ${folder}/src/${name}.ts; name its paper; README; a line in the table of the main README.`);
  };
}
