import { flat, type RuleEntry } from './engine/gradient-rule.ts';
import { REFUSALS } from './rules/refusals.ts';
import { RULES } from './rules/table.ts';

function answerOf(entry: RuleEntry): string {
  if (REFUSALS.includes(entry)) return 'cannot';
  return entry.rule === flat ? 'flat' : 'rule';
}

/** The page of the documents that lists every operator and what its gradient is worth. */
export function operatorsPage(): string {
  const rows = RULES.map((entry) => `| ${entry.operator} | ${entry.opsets.join(' to ')} | ${answerOf(entry)} | ${entry.notes} |`);
  return [
    '---\ntitle: Operators\ngroup: Reference\n---\n',
    '# Operators\n',
    'What happens to a gradient at each operator of the standard ONNX set, and at those that optimisers write (`com.microsoft`). A *rule* is the exact',
    'derivative, with PyTorch\'s convention at kinks; *flat* operators have derivative 0; those that gradients *cannot* pass, and operators that are not',
    'listed, are an error (`GRADIENT_UNDEFINED`) when a gradient has to pass them. Backward nodes are written in the form of the model\'s own operator set.\n',
    '| Operator | Operator sets | Gradient | Notes |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}
