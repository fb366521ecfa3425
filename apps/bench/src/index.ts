export { runProgram } from './command-line/program.ts';
export { processTerminal, type Terminal } from './command-line/terminal.ts';
export type {
  BackendName, DataSource, MethodChoice, MetricName, PruneConfiguration, Recipe, RunConfiguration,
} from './configuration/configuration.ts';
export type { Settings } from './configuration/settings.ts';
export type { ProgressStream } from './progress/progress.ts';
export type { CellKey, Failure, PruningRow, ResultRow } from './store/result-row.ts';
export type { Machine, RunRecord, TrainedRecord } from './store/run-record.ts';
