import { suggestNames } from '../errors/nearest-names.ts';
import { PellucidError } from '../errors/pellucid-error.ts';
import type { BackwardRules } from './backward-rules.ts';
import { OP_KINDS } from './op-kind.ts';

const KNOWN: ReadonlySet<string> = new Set(OP_KINDS);

const isFlag = (value: unknown): boolean => value === undefined || typeof value === 'boolean';

/** What is wrong with a set of rules, and what would help; undefined where nothing is. The types say it too, but not to JavaScript. */
function findProblem(set: unknown): readonly [problem: string, help: string] | undefined {
  const shape = 'A set is `{ name, rules }`, with a function per kind of operation in `rules`.';
  if (typeof set !== 'object' || set === null) return ['they are no object', shape];
  const { name, rules, paired, mergeBatchNorm }: Partial<Record<keyof BackwardRules, unknown>> = set;
  if (typeof name !== 'string' || name === '') return ['they have no name', 'Give them a `name`: equal names must mean equal rules, for caches and provenance.'];
  if (typeof rules !== 'object' || rules === null || Array.isArray(rules)) return ['`rules` is no object', shape];
  for (const [kind, rule] of Object.entries(rules)) {
    if (!KNOWN.has(kind)) return [`there is no kind of operation \`${kind}\``, suggestNames(kind, OP_KINDS)];
    if (rule !== undefined && typeof rule !== 'function') return [`the rule for \`${kind}\` is no function`, 'A rule is `(node, operations) => gradients at its inputs`.'];
  }
  if (!isFlag(paired)) return ['`paired` is neither true nor false', 'Leave it out where the batch holds no pairs.'];
  if (!isFlag(mergeBatchNorm)) return ['`mergeBatchNorm` is neither true nor false', 'Leave it out where batch normalisation stays by itself.'];
  return undefined;
}

/** Checks a set of backward rules, for backends. @throws REQUEST_INVALID. */
export function validateRules(set: BackwardRules): void {
  const found = findProblem(set);
  if (found === undefined) return;
  const name = (set as Partial<BackwardRules> | null)?.name;
  const [problem, help] = found;
  throw new PellucidError('REQUEST_INVALID', { action: typeof name === 'string' && name !== '' ? `apply backward rules \`${name}\`` : 'apply backward rules', problem, help });
}
