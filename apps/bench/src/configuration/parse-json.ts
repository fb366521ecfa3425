import { existsSync, readFileSync } from 'node:fs';
import { PellucidError, suggestNames } from '@pellucid/core';
import type { z } from 'zod';

function describeIssue(issue: z.core.$ZodIssue, keys: readonly string[]): { readonly problem: string; readonly help: string } {
  const path = issue.path.map(String).join('.');
  if (issue.code === 'unrecognized_keys') {
    const [key] = issue.keys;
    return {
      problem: `${path === '' ? '' : `\`${path}\` holds `}the unknown setting \`${key ?? ''}\``,
      help: path === '' ? suggestNames(key ?? '', keys) : 'Remove it.',
    };
  }
  const expected = issue.message.replace(/^(Invalid input|Invalid option|Too small|Too big): /, '');
  return { problem: `\`${path}\` is wrong: ${expected}`, help: 'The README of the benchmark lists every setting.' };
}

/** Checks a value of any origin against a schema. @throws CONFIGURATION_INVALID with the place of the first fault. */
export function checkAgainst<Value>(schema: z.ZodObject & z.ZodType<Value>, value: unknown, where: string): Value {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  if (issue === undefined) throw new Error('internal: a refused configuration without an issue');
  throw new PellucidError('CONFIGURATION_INVALID', { where, ...describeIssue(issue, Object.keys(schema.shape)) });
}

/** Reads a JSON file. @throws CONFIGURATION_INVALID when it is missing or no JSON. */
export function readJson(path: string): unknown {
  const where = `file \`${path}\``;
  if (!existsSync(path)) {
    throw new PellucidError('CONFIGURATION_INVALID', { where, problem: 'it does not exist', help: 'Name an existing JSON file.' });
  }
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw new PellucidError('CONFIGURATION_INVALID', { where, problem, help: 'It has to be a JSON object.' }, { cause });
  }
}
