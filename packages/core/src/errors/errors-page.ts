import { MEANINGS } from './meanings.ts';
import { ERRORS, type ErrorCode } from './table.ts';

/** The page of the documents that lists every error code. */
export function errorsPage(): string {
  const codes = Object.keys(ERRORS) as ErrorCode[];
  const sections = codes.map((code) => `## ${code}\n\n${MEANINGS[code]}\n\n> ${ERRORS[code].message}\n`);
  return [
    '---\ntitle: Errors\ngroup: Reference\n---\n',
    '# Errors\n',
    'Whatever a user can act on is a `PellucidError` with a stable `code`. Branch on `error.code`, not on `instanceof`. The words in',
    'braces are filled in from `error.details`.\n',
    ...sections,
  ].join('\n');
}
