import { formatShape } from '@pellucid/core';
import type { Terminal } from '../command-line/terminal.ts';
import { openModel, type ModelRequest } from '../inputs/open-model.ts';
import { alignColumns } from '../output/columns.ts';

/** What `pellucid layers` may be told. */
export interface LayersRequest extends ModelRequest {
  readonly json?: boolean | undefined;
}

/** Prints every layer of a model in the order of execution, as a table or as one JSON list. */
export async function listLayers(path: string, { json = false, ...request }: LayersRequest, terminal: Terminal): Promise<void> {
  const model = await openModel(path, request, terminal);
  try {
    if (json) {
      const layers = model.layers.map(({ name, operator, kind, shape, layout, aliases }) => ({ name, operator, kind, shape, layout, aliases }));
      terminal.print(JSON.stringify(layers, null, 2));
      return;
    }
    const rows = model.layers.map(({ name, operator, shape, aliases }) => [
      name,
      operator,
      shape === null ? '?' : formatShape(shape),
      aliases.join(', '),
    ]);
    for (const line of alignColumns([['NAME', 'OPERATOR', 'SHAPE', 'ALIASES'], ...rows])) terminal.print(line);
  } finally {
    await model.dispose();
  }
}
