import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { inferShapes, readModel, writeModel } from '../src/index.ts';

const SHARED = join(__dirname, '../../../../shared');

function modelsBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return modelsBelow(path);
    return entry.name.endsWith('.onnx') && !entry.name.includes('external') ? [path] : [];
  });
}

const MODELS = ['golden', 'exports', 'data/models'].flatMap((folder) => modelsBelow(join(SHARED, folder)));

(MODELS.length > 0 ? test.each(MODELS) : test.skip.each(['no models']))('reads %s, infers every shape and writes it back', (path) => {
  const bytes = readFileSync(path);
  const model = readModel(bytes, basename(path));
  const types = inferShapes({ ...model, graph: Object.assign(Object.create(Object.getPrototypeOf(model.graph) as object), model.graph, { valueInfo: [] }) });
  const unknown = model.graph.node.filter((node) => node.output.some((name) => name !== '' && (types.get(name)?.shape?.includes(null) ?? true)));
  if (unknown.length) console.log(basename(dirname(path)), basename(path), unknown.length, unknown.slice(0,3).map((n) => n.opType + " " + String(n.output[0]) + n.input.map((i) => String(types.get(i)?.shape) + "=" + String(types.get(i)?.values?.slice(0, 8))).join(" ; ")).join("\n"));
  expect(readModel(writeModel(model), 'again').graph.node).toHaveLength(model.graph.node.length);
});
