import type { AnyMethodFactory, FoundMethod } from '@pellucid/plugins';
import type { Terminal } from '../command-line/terminal.ts';
import { alignColumns } from '../output/columns.ts';
import { findMethods } from '../plugins/find-methods.ts';

/** What `pellucid methods` may be told. */
export interface MethodsRequest {
  readonly json?: boolean | undefined;
}

const describeDefault = (value: unknown): string => (value === undefined ? 'chosen by the method' : JSON.stringify(value));

const optionsOf = (factory: AnyMethodFactory): [string, AnyMethodFactory['options'][string]][] => Object.entries(factory.options);

function describeMethod({ packageName, factory }: FoundMethod): string {
  const { name, title, kind, needs, paper } = factory;
  const rows = optionsOf(factory).map(([option, { type, default: fallback, description }]) => [
    `    ${option}`,
    type,
    `default ${describeDefault(fallback)}`,
    description,
  ]);
  return [
    `${name}: ${title} (${kind}; needs ${needs.join(', ') || 'the output alone'})`,
    `    ${packageName}`,
    `    ${paper.authors} ${paper.year}, ${paper.title}, ${paper.url}`,
    ...alignColumns(rows),
  ].join('\n');
}

/** The same as plain data. A default that the method chooses is null. */
function listMethod({ packageName, factory }: FoundMethod): object {
  const { name, title, kind, needs, paper } = factory;
  const options = Object.fromEntries(
    optionsOf(factory).map(([option, { type, default: fallback, description }]) => [option, { type, default: fallback ?? null, description }]),
  );
  return { name, title, kind, needs, package: packageName, paper, options };
}

/** Prints every method that is found, as text or as one JSON list. */
export async function listMethods({ json = false }: MethodsRequest, terminal: Terminal): Promise<void> {
  const { methods, broken } = await findMethods(terminal.folder);
  terminal.print(json ? JSON.stringify(methods.map(listMethod), null, 2) : methods.map(describeMethod).join('\n\n'));
  for (const { packageName, problem } of broken) terminal.report(`pellucid: the package ${packageName} is left out: ${problem}`);
}
