import type { AnyMethodFactory, FoundMethod } from '@pellucid/plugins';
import type { Terminal } from '../command-line/terminal.ts';
import { alignColumns } from '../output/columns.ts';
import { listRules } from '../plugins/choose-rules.ts';
import { findMethods } from '../plugins/find-methods.ts';

/** What `pellucid methods` may be told. */
export interface MethodsRequest {
  readonly json?: boolean | undefined;
}

/** A wrapper cannot choose what it wraps. */
const describeDefault = (value: unknown, option: string, { wraps }: AnyMethodFactory): string => {
  if (value !== undefined) return `default ${JSON.stringify(value)}`;
  return wraps !== undefined && option === 'method' ? 'required' : 'default chosen by the method';
};

const describeNeeds = ({ needs, wraps }: AnyMethodFactory): string =>
  wraps === undefined ? needs.join(', ') || 'the output alone' : 'what the wrapped method needs';

const optionsOf = (factory: AnyMethodFactory): [string, AnyMethodFactory['options'][string]][] => Object.entries(factory.options);

/** The names that `differentiate --rules` takes. */
const rulesOf = (method: FoundMethod): readonly string[] => listRules([method]).map(({ name }) => name);

function describeMethod(method: FoundMethod): string {
  const { packageName, factory } = method;
  const { name, title, kind, paper } = factory;
  const rows = optionsOf(factory).map(([option, { type, default: fallback, description }]) => [
    `    ${option}`,
    type,
    describeDefault(fallback, option, factory),
    description,
  ]);
  return [
    `${name}: ${title} (${kind}; needs ${describeNeeds(factory)})`,
    `    ${packageName}`,
    `    ${paper.authors} ${paper.year}, ${paper.title}, ${paper.url}`,
    ...(rulesOf(method).length > 0 ? [`    backward rules: ${rulesOf(method).join(', ')}`] : []),
    ...alignColumns(rows),
  ].join('\n');
}

/** The same as plain data. A default that the method chooses is null. */
function listMethod(method: FoundMethod): object {
  const { packageName, factory } = method;
  const { name, title, kind, needs, paper } = factory;
  const options = Object.fromEntries(
    optionsOf(factory).map(([option, { type, default: fallback, description }]) => [option, { type, default: fallback ?? null, description }]),
  );
  return { name, title, kind, needs, package: packageName, paper, options, rules: rulesOf(method) };
}

/** Prints every method that is found, as text or as one JSON list. */
export async function listMethods({ json = false }: MethodsRequest, terminal: Terminal): Promise<void> {
  const { methods, broken } = await findMethods(terminal.folder);
  terminal.print(json ? JSON.stringify(methods.map(listMethod), null, 2) : methods.map(describeMethod).join('\n\n'));
  for (const { packageName, problem } of broken) terminal.report(`pellucid: the package ${packageName} is left out: ${problem}`);
}
