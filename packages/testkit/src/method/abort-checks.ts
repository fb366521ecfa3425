import { explain } from '@pellucid/core';
import type { ContractCheck } from '../contract-check.ts';
import { require, requireError } from './assertions.ts';
import { imageRequest, subjectModel, type Subject } from './subject.ts';

/** Aborts during one pass and counts the passes that begin afterwards. */
async function abortDuring(subject: Subject, pass: number): Promise<void> {
  const controller = new AbortController();
  const model = subjectModel(subject);
  let begun = 0;
  const evaluate: typeof model.evaluate = (query, options) => {
    begun++;
    const answer = model.evaluate(query, options);
    if (begun === pass) controller.abort();
    return answer;
  };
  const run = (): Promise<unknown> =>
    explain({ ...model, evaluate }, subject.make(), { ...imageRequest(subject), signal: controller.signal, memoryBudget: model.bytesPerSample });
  await requireError(run, 'ABORTED', `an abort during pass ${pass}`);
  require(begun === pass, `no pass begins after an abort: ${begun - pass} did`);
}

async function countPasses(subject: Subject): Promise<number> {
  const model = subjectModel(subject);
  let begun = 0;
  const evaluate: typeof model.evaluate = (query, options) => {
    begun++;
    return model.evaluate(query, options);
  };
  await explain({ ...model, evaluate }, subject.make(), { ...imageRequest(subject), memoryBudget: model.bytesPerSample });
  return begun;
}

/** How a method stops. */
export function abortChecks(subject: Subject): ContractCheck[] {
  return [
    {
      name: 'stops when it is aborted: before, at the first pass, at the last',
      run: async () => {
        const before = (): Promise<unknown> => explain(subjectModel(subject), subject.make(), { ...imageRequest(subject), signal: AbortSignal.abort() });
        await requireError(before, 'ABORTED', 'an abort before the start');
        await abortDuring(subject, 1);
        await abortDuring(subject, await countPasses(subject));
      },
    },
  ];
}
