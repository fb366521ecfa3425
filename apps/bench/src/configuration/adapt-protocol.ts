import type { ProtocolDataset, Protocol } from './protocol.ts';
import type { Settings } from './settings.ts';

type Overrides = Partial<{ -readonly [Name in keyof Protocol]: Protocol[Name] }>;

/** Entries by name: those of the protocol where it has them, else bare names with every default. */
function byName<Entry extends { readonly name: string }>(entries: readonly Entry[], names: readonly string[]): (Entry | { readonly name: string })[] {
  return [...new Set(names)].map((name) => entries.find((entry) => entry.name === name) ?? { name });
}

/** Leaves out settings that were not made, so that they do not hide a default. */
export function given<Value extends object>(value: Value | undefined): { [Key in keyof Value]?: Exclude<Value[Key], undefined> } {
  const entries = Object.entries(value ?? {}).filter(([, inner]) => inner !== undefined);
  return Object.fromEntries(entries) as { [Key in keyof Value]?: Exclude<Value[Key], undefined> };
}

function adaptData({ datasets }: Protocol, { dataset, trainImages, testImages }: Settings): ProtocolDataset[] {
  const chosen: readonly ProtocolDataset[] = dataset === undefined ? datasets : byName(datasets, [dataset]);
  return chosen.map((entry) => ({ ...entry, ...given({ trainImages, testImages }) }));
}

/**
 * A protocol with what settings say in place of what it says.
 * @returns the protocol and the names of the settings that changed it
 */
export function adaptProtocol(protocol: Protocol, settings: Settings): { readonly protocol: Protocol; readonly changed: readonly string[] } {
  const { models, methods, backends, metrics, samples, references, seeds, training, pruning } = settings;
  const { dataset, trainImages, testImages, methodOptions, metricOptions } = settings;
  const overrides: Overrides = {
    ...given({ models, samples, references, seeds }),
    ...((dataset !== undefined || trainImages !== undefined || testImages !== undefined) && { datasets: adaptData(protocol, settings) }),
    ...(methods && { methods: byName(protocol.methods, methods.filter((name) => !protocol.controls.includes(name))) }),
    ...(backends && { backends }),
    ...(metrics && { metrics: byName(protocol.metrics, metrics) }),
    ...(training && { training: { ...protocol.training, ...given(training) } }),
    ...(pruning && { pruning: { ...protocol.pruning, ...given(pruning) } }),
  };
  const said = given({
    dataset, trainImages, testImages, models, methods, methodOptions, backends, metrics, metricOptions, samples, references, seeds, training, pruning,
  });
  return { protocol: { ...protocol, ...overrides }, changed: Object.keys(said) };
}
