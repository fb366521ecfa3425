import { flat } from './engine/gradient-rule.ts';
import { RULES } from './rules/table.ts';

/** The page of the documents that lists every operator and what its gradient is worth. */
export function operatorsPage(): string {
  const rows = RULES.map(({ operator, opsets: [from, to], rule, notes }) =>
    `| ${operator} | ${from} to ${to} | ${rule === flat ? 'stops' : 'passes'} | ${notes} |`);
  return [
    '# Operators\n',
    'What happens to a gradient at each operator of the standard ONNX set. An operator that is not listed is an error',
    '(`GRADIENT_UNDEFINED`) when a gradient has to pass it. Backward nodes are written in the form of the model\'s own operator set.\n',
    '| Operator | Operator sets | Gradient | Notes |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}
