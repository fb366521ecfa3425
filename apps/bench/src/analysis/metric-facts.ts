import type { MetricSummary } from '../configuration/configuration.ts';
import { KNOWN_METRICS } from '../plugins/load-metrics.ts';
import type { ResultRow } from '../store/result-row.ts';
import type { RunRecord } from '../store/run-record.ts';

/** What is shown of a metric whose run did not describe it. */
function factsByName(name: string): MetricSummary {
  const known = KNOWN_METRICS.find((metric) => metric.name === name);
  if (known !== undefined) return { name, title: known.title, category: known.category, direction: known.direction, curve: known.curve ?? null };
  const category = name === 'agreement' ? 'agreement' : name.startsWith('pruning') ? 'retraining' : 'faithfulness';
  return { name, title: name, category, direction: 'lower', curve: null };
}

/** The metrics of some rows, in the order of the run; those of runs before metrics were described, by their names. */
export function metricFacts(rows: readonly Pick<ResultRow, 'metric'>[], record: RunRecord | null): MetricSummary[] {
  const described = record?.command === 'run' ? record.configuration.metrics.filter((metric) => typeof metric === 'object' && 'direction' in metric) : [];
  const present = new Set(rows.map(({ metric }) => metric));
  const names = [...described.map(({ name }) => name).filter((name) => present.has(name)), ...present];
  return [...new Set(names)].map((name) => {
    const found = described.find((metric) => metric.name === name);
    return found === undefined ? factsByName(name) : { name, title: found.title, category: found.category, direction: found.direction, curve: found.curve };
  });
}
