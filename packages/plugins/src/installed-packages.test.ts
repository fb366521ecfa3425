import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { dependenciesOf, installedPackage, installedPackages } from './installed-packages.ts';

let root = '';

function install(folder: string, name: string, fields: object = { pellucid: { methods: ['mine'] } }): void {
  const target = join(root, folder, 'node_modules', name);
  mkdirSync(target, { recursive: true });
  writeFileSync(join(target, 'package.json'), JSON.stringify({ name, main: 'index.js', ...fields }));
}

beforeAll(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'pellucid-installed-')));
  install('.', 'outer-method');
  install('.', 'twice');
  install('project', 'inner-method');
  install('project', '@scope/scoped-method');
  install('project', 'twice');
  install('project', 'no-plugin', {});
  install('project', '.hidden');
  writeFileSync(join(root, 'project/package.json'), JSON.stringify({ name: 'project', dependencies: { 'inner-method': '1', 'no-plugin': '1', gone: '1' } }));
});
afterAll(() => {
  rmSync(root, { recursive: true });
});

test('finds packages with methods in every node_modules upward, nearest first, scopes included', async () => {
  const found = await installedPackages(join(root, 'project'));
  expect(found.slice(0, 5).map(({ name }) => name)).toEqual(['@scope/scoped-method', 'inner-method', 'twice', 'outer-method', 'twice']);
});

test('finds one package by its name as Node does, and nothing by a name that leaves the folder', async () => {
  expect((await installedPackage('twice', join(root, 'project')))?.entry).toBe(join(root, 'project/node_modules/twice/index.js'));
  expect((await installedPackage('outer-method', join(root, 'project')))?.entry).toBe(join(root, 'node_modules/outer-method/index.js'));
  expect((await installedPackage('no-plugin', join(root, 'project')))?.methods).toEqual([]);
  for (const name of ['unknown', '../project', './twice', '']) expect(await installedPackage(name, join(root, 'project'))).toBeUndefined();
});

test('of the dependencies of an application only packages with methods count, and missing ones are passed over', async () => {
  expect((await dependenciesOf(join(root, 'project'))).map(({ name }) => name)).toEqual(['inner-method']);
});
