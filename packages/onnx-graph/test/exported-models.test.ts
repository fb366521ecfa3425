import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { inferShapes, readModel, replaceParts, writeModel } from '../src/index.ts';

const SHARED = join(__dirname, '../../../../shared');

/** Networks whose graphs hold what is only known at run time, or operators without a shape rule. */
const PARTLY_UNKNOWN = /external|int8|convnext\/dynamo|(swin|vit)\/dynamo2[35]/;

function modelsBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return modelsBelow(path);
    return entry.name.endsWith('.onnx') ? [path] : [];
  });
}

const MODELS = ['golden', 'exports', 'data/models'].flatMap((folder) => modelsBelow(join(SHARED, folder)));

test('reads every exported network, writes it back the same, and infers the shape of every tensor', () => {
  for (const path of MODELS.filter((name) => !name.includes('external'))) {
    const model = readModel(readFileSync(path), basename(path));
    expect(readModel(writeModel(model), path).graph.node).toHaveLength(model.graph.node.length);
    if (PARTLY_UNKNOWN.test(path)) continue;
    const types = inferShapes(replaceParts(model, { valueInfo: [] }));
    const unknown = [...types].filter(([, { shape }]) => shape?.includes(null) ?? true).map(([name]) => `${path}: ${name}`);
    expect(unknown).toEqual([]);
  }
});
