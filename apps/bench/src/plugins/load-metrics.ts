import { pathToFileURL } from 'node:url';
import { PellucidError, resolveOptions, suggestNames, type Metric } from '@pellucid/core';
import * as metrics from '@pellucid/metrics';
import { karDescription, roarDescription, type RetrainingCurveOptions } from '@pellucid/metrics';
import { isMetricFactory, type AnyMetricFactory } from '@pellucid/plugins';
import type { MetricChoice } from '../configuration/configuration.ts';
import type { ProtocolMetric } from '../configuration/protocol.ts';
import { importPackage } from './import-package.ts';
import { mergeOptions, type OptionsByName } from './load-methods.ts';

// As unknown values: each has options of its own type, and all are treated by their description from here on.
const exported: readonly unknown[] = Object.values(metrics);

/** The metrics that come with the benchmark and score each map by itself. */
export const KNOWN_METRICS: readonly AnyMetricFactory[] = exported.filter(isMetricFactory);

/** What the benchmark measures itself: what networks make of images without some of their pixels, and how far the maps of two backends are apart. */
export const OWN_METRICS = ['pruning', 'roar', 'kar', 'agreement'] as const;

/** Metrics that train networks. */
export const RETRAINING_METRICS: readonly string[] = ['pruning', 'roar', 'kar'];

/** Names of all of them. */
export const METRIC_NAMES: readonly string[] = [...KNOWN_METRICS.map(({ name }) => name), ...OWN_METRICS];

/** The metric name of pruning to a share of pixels, in percent. */
export const pruningMetric = (fraction: number): string => `pruning-${fraction}`;

/** What else a run says about its metrics. */
export interface MetricSettings {
  readonly samples: number;
  /** Options for every metric that has them. */
  readonly shared: Readonly<Record<string, unknown>>;
  /** Options by the name of the row, over those of the entries. */
  readonly given: OptionsByName;
  /** Shares of pixels to keep. */
  readonly fractions: readonly number[];
  /** The folder from which packages are looked for. */
  readonly from: string;
}

const OWN = { curve: null, packageName: null, entry: null, needsMask: false, needs: [], on: 'samples' } as const;

function ownMetric(metric: (typeof OWN_METRICS)[number], { name, options }: ProtocolMetric, { fractions, samples, given }: MetricSettings): MetricChoice[] {
  if (metric === 'agreement') {
    return [{ ...OWN, name: metric, metric, title: 'Agreement of backends', category: 'agreement', direction: 'lower', options: {}, samples }];
  }
  if (metric !== 'pruning') {
    const { title, category, direction, curve, options: specs } = metric === 'roar' ? roarDescription : karDescription;
    const resolved = resolveOptions<RetrainingCurveOptions>(metric, specs, mergeOptions(specs, {}, options, given[name]));
    return [{ ...OWN, name, metric, title, category, direction, curve, options: { ...resolved }, samples }];
  }
  return fractions.map((fraction) => ({
    ...OWN, name: pruningMetric(fraction), metric, title: `Pruning to ${fraction} %`, category: 'retraining', direction: 'lower', options: { fraction }, samples,
  }));
}

interface Found {
  readonly factory: AnyMetricFactory;
  readonly packageName: string;
  readonly entry: string | null;
}

async function findFactories({ name, metric = name, package: origin }: ProtocolMetric, from: string): Promise<Found[]> {
  const known = origin === undefined ? KNOWN_METRICS.find((factory) => factory.name === metric) : undefined;
  if (known !== undefined) return [{ factory: known, packageName: '@pellucid/metrics', entry: null }];
  const loaded = await importPackage(origin ?? metric, 'metrics', from);
  const found = loaded?.metrics.filter(({ factory }) => origin === undefined || factory.name === metric) ?? [];
  if (loaded !== undefined && found.length > 0) return found.map(({ factory, packageName }) => ({ factory, packageName, entry: loaded.entry }));
  throw new PellucidError('METHOD_UNKNOWN', { kind: 'metric', name: metric, help: `${suggestNames(metric, METRIC_NAMES)} A package of metrics has to be installed.` });
}

async function chooseOne(wanted: ProtocolMetric, settings: MetricSettings): Promise<MetricChoice[]> {
  const { name, metric = name, options, samples, on } = wanted;
  const own = OWN_METRICS.find((known) => known === metric);
  if (own !== undefined) return ownMetric(own, wanted, settings);
  return (await findFactories(wanted, settings.from)).map(({ factory, packageName, entry }) => {
    const row = name === metric ? factory.name : name;
    return {
      name: row, metric: factory.name, packageName, entry, title: factory.title, category: factory.category, direction: factory.direction,
      curve: factory.curve ?? null,
      options: factory(mergeOptions(factory.options, settings.shared, options, settings.given[row])).options,
      needsMask: factory.needsMask, needs: factory.needs ?? [],
      samples: Math.min(samples ?? settings.samples, settings.samples),
      // Focus means nothing on single images.
      on: on ?? (factory.name === 'focus' ? 'mosaics' : 'samples'),
    };
  });
}

/**
 * Finds metrics by name, or all metrics of a package by the package's name, checks their options and fills in the defaults. Pruning becomes a
 * metric for each share of pixels.
 * @throws METHOD_UNKNOWN, OPTION_UNKNOWN, OPTION_INVALID, CONFIGURATION_INVALID.
 */
export async function chooseMetrics(entries: readonly ProtocolMetric[], settings: MetricSettings): Promise<MetricChoice[]> {
  const chosen = (await Promise.all(entries.map((entry) => chooseOne(entry, settings)))).flat();
  for (const name of Object.keys(settings.given)) {
    if (chosen.some((choice) => choice.name === name && choice.category !== 'agreement' && choice.metric !== 'pruning')) continue;
    throw new PellucidError('METHOD_UNKNOWN', { kind: 'metric with options', name, help: suggestNames(name, chosen.map((choice) => choice.name)) });
  }
  return chosen;
}

/** Makes a chosen metric again, in the process that runs it. @throws METHOD_UNKNOWN when its package changed. */
export async function loadMetric({ metric, entry, options }: MetricChoice): Promise<Metric> {
  const known: readonly unknown[] = entry === null ? KNOWN_METRICS : Object.values((await import(pathToFileURL(entry).href)) as Readonly<Record<string, unknown>>);
  const factory = known.filter(isMetricFactory).find(({ name }) => name === metric);
  if (factory === undefined) throw new PellucidError('METHOD_UNKNOWN', { kind: 'metric', name: metric, help: 'Its package changed during the run.' });
  return factory(options);
}
