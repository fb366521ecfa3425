import { formatShape, type ModelAdapter } from '@pellucid/core';
import type { Terminal } from '../command-line/terminal.ts';
import { openModel, type ModelRequest } from '../inputs/open-model.ts';
import { alignColumns } from '../output/columns.ts';

/** What `pellucid layers` may be told. */
export interface LayersRequest extends ModelRequest {
  readonly json?: boolean | undefined;
}

/** What is to be said of how batches are run; nothing of a model that takes any number of samples as it is. */
function describeBatch({ batchAxis = 'free' }: ModelAdapter): readonly string[] {
  if (batchAxis === 'free') return [];
  if (batchAxis === 'freed') return ['', 'The file is made for one sample at a time; its batch axis is freed, and batches run whole.'];
  return ['', `The model takes ${batchAxis} sample${batchAxis === 1 ? '' : 's'} at a time: batches run ${batchAxis === 1 ? 'sample by sample' : `in pieces of ${batchAxis}`}.`];
}

/** The other names of each layer. A name that several have finds none of them, and one that is another's own finds that. */
function otherNames({ layers }: ModelAdapter): readonly (readonly string[])[] {
  const taken = new Set(layers.map(({ name }) => name));
  const bearers = new Map<string, number>();
  for (const alias of layers.flatMap(({ aliases }) => aliases)) bearers.set(alias, (bearers.get(alias) ?? 0) + 1);
  return layers.map(({ aliases }) => aliases.filter((alias) => bearers.get(alias) === 1 && !taken.has(alias)));
}

/** Prints every layer of a model in the order of execution, as a table or as one JSON list. */
export async function listLayers(path: string, { json = false, ...request }: LayersRequest, terminal: Terminal): Promise<void> {
  const model = await openModel(path, request, terminal);
  try {
    const names = otherNames(model);
    if (json) {
      const layers = model.layers.map(({ name, operator, kind, shape, layout }, i) =>
        ({ name, operator, kind, shape, layout, aliases: names[i]!, batch: model.batchAxis ?? 'free' }));
      terminal.print(JSON.stringify(layers, null, 2));
      return;
    }
    const rows = model.layers.map(({ name, operator, shape }, i) => [name, operator, shape === null ? '?' : formatShape(shape), names[i]!.join(', ')]);
    for (const line of alignColumns([['NAME', 'OPERATOR', 'SHAPE', 'ALIASES'], ...rows])) terminal.print(line);
    for (const line of describeBatch(model)) terminal.print(line);
  } finally {
    await model.dispose();
  }
}
