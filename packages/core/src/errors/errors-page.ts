import { ERRORS } from './table.ts';

/** The page of the documents that lists every error code. */
export function errorsPage(): string {
  const sections = Object.entries(ERRORS).map(([code, { message, meaning }]) => `## ${code}\n\n${meaning}\n\n> ${message}\n`);
  return [
    '# Errors\n',
    'Whatever a user can act on is a `PellucidError` with a stable `code`. Branch on `error.code`, not on `instanceof`. The words in',
    'braces are filled in from `error.details`.\n',
    ...sections,
  ].join('\n');
}
