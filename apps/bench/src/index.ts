export { runProgram } from './command-line/program.ts';
export { processTerminal, type Terminal } from './command-line/terminal.ts';
export type {
  BackendName, DataSource, MethodChoice, MetricChoice, MetricSummary, PruneConfiguration, PruningSettings, Recipe, RunConfiguration, SampleSet,
  StatisticsSettings,
} from './configuration/configuration.ts';
export type { Protocol, ProtocolDataset, ProtocolMethod, ProtocolMetric } from './configuration/protocol.ts';
export type { Settings } from './configuration/settings.ts';
export type { ProgressStream } from './progress/progress.ts';
export type { CellKey, Failure, PruningRow, ResultRow, ScoreCurve } from './store/result-row.ts';
export type { Machine, NotApplicable, ProtocolRecord, RunRecord, TrainedRecord } from './store/run-record.ts';
