import { writeWhole } from '@pellucid/files';
import { resolveStudy, resolveExecution } from '../configuration/resolve.ts';
import { FILES } from '../store/folder.ts';
import { runStudy } from '../study/study.ts';
import { studyPage } from '../study/study-page.ts';
import { settingsFromFlags, type Flags } from './settings-from-flags.ts';
import type { Terminal } from './terminal.ts';

/** Runs the study and writes its page. @returns the exit status */
export async function study(flags: Flags, { stdout, stderr, folder }: Terminal): Promise<number> {
  const settings = settingsFromFlags(flags, folder);
  const execution = resolveExecution(settings, folder, flags['resume'] === true);
  const configuration = resolveStudy(settings, folder);
  const { results, rows, failures } = await runStudy(configuration, execution, stderr);
  writeWhole(FILES.studyPage(execution.out), studyPage(configuration, results, rows));
  stdout('varied\tbatch size\taveraged over\trelative deviation\trank correlation\ttop tenth in common\n');
  for (const { factor, batchSize, averaging, relativeDeviation, rankCorrelation, sharedTop } of results) {
    stdout(`${[factor, batchSize, averaging, ...[relativeDeviation, rankCorrelation, sharedTop].map((value) => value.toFixed(3))].join('\t')}\n`);
  }
  stderr.write(`page: ${FILES.studyPage(execution.out)}\n`);
  return failures.length === 0 ? 0 : 1;
}
