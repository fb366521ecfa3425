import type { MetricSummary, StatisticsSettings } from '../configuration/configuration.ts';
import type { ResultRow } from '../store/result-row.ts';
import type { RunRecord } from '../store/run-record.ts';
import { backendAgreement, mapDistances, metricAgreement, type BackendAgreement, type MapDistance, type MetricAgreement } from './agreement.ts';
import { comparePairs, compareWithControls, leastCorrected, standings, type Comparison, type Standing } from './comparisons.ts';
import { metricFacts } from './metric-facts.ts';
import { meanRanks, rankMethods, type MeanRank, type Ranking } from './ranks.ts';
import { groupRows, scoreTables, type Scope, type ScoreTable } from './score-tables.ts';

/** One table with what it says. */
export interface AnalysedTable {
  readonly table: ScoreTable;
  readonly ranking: Ranking;
  readonly withControls: readonly Comparison[];
  readonly pairs: readonly Comparison[];
  readonly standings: ReadonlyMap<string, Standing>;
  /** The least corrected p-value that so few samples allow against a control; null without controls. */
  readonly leastP: number | null;
}

/** The tables of one data set, network and backend. */
export interface AnalysedScope extends Scope {
  readonly tables: readonly AnalysedTable[];
  /** Over the faithfulness metrics, or all where there are none; best first. */
  readonly overall: readonly MeanRank[];
  /** The metrics behind `overall`. */
  readonly overallMetrics: readonly string[];
}

/** What the rows of a run say. */
export interface Analysis {
  readonly statistics: StatisticsSettings;
  readonly metrics: readonly MetricSummary[];
  readonly scopes: readonly AnalysedScope[];
  readonly metricAgreement: readonly MetricAgreement[];
  readonly backendAgreement: readonly BackendAgreement[];
  readonly mapDistances: readonly MapDistance[];
}

/** Where a run did not say. */
export const DEFAULT_STATISTICS: StatisticsSettings = { resamples: 2000, level: 0.05, correction: 'holm' };

/** Draws are the same in every analysis of the same rows. */
const SEED = 0;

/** How the scores of a run are compared. */
export function statisticsOf(record: RunRecord | null): StatisticsSettings {
  return { ...DEFAULT_STATISTICS, ...(record?.command === 'run' ? record.configuration.statistics : {}) };
}

function analyseTable(table: ScoreTable, statistics: StatisticsSettings): AnalysedTable {
  const ranking = rankMethods(table, { resamples: statistics.resamples, seed: SEED });
  const [withControls, pairs] = [compareWithControls(table, statistics, SEED), comparePairs(table, statistics)];
  return { table, ranking, withControls, pairs, standings: standings(withControls, pairs), leastP: leastCorrected(withControls, statistics.correction) };
}

function analyseScope(group: readonly ScoreTable[], statistics: StatisticsSettings): AnalysedScope {
  const tables = group.map((table) => analyseTable(table, statistics));
  const faithful = tables.filter(({ table }) => table.metric.category === 'faithfulness');
  const counted = faithful.length > 0 ? faithful : tables;
  const [{ dataset, model, backend }] = group as readonly [ScoreTable, ...ScoreTable[]];
  return { dataset, model, backend, tables, overall: meanRanks(counted), overallMetrics: counted.map(({ table }) => table.metric.name) };
}

/**
 * Ranks and compares the methods of a run. A family of tests belongs to one data set, network, backend and metric: the methods against one of the controls,
 * or all pairs of methods.
 */
export function analyse(rows: readonly ResultRow[], record: RunRecord | null): Analysis {
  const statistics = statisticsOf(record);
  const metrics = metricFacts(rows, record);
  const tables = scoreTables(rows, metrics, { resamples: statistics.resamples, seed: SEED });
  const scopes = groupRows(tables, ({ dataset, model, backend }) => JSON.stringify([dataset, model, backend]));
  return {
    statistics, metrics,
    scopes: [...scopes.values()].map((group) => analyseScope(group, statistics)),
    metricAgreement: metricAgreement(tables),
    backendAgreement: backendAgreement(tables),
    mapDistances: mapDistances(rows),
  };
}
