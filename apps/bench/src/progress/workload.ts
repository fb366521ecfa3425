/** A piece of work whose time is guessed from what its kind took before. */
export interface WorkUnit {
  readonly id: string;
  /** What its time depends on, such as the method, the metric and the backend; the times of factors multiply. */
  readonly factors: readonly string[];
}

/** Work that is still to be done, with a guess of its time that grows better as pieces end. */
export interface Workload {
  /** A piece ended. @param seconds - null where its time says nothing of others, such as that of something read from disk */
  readonly finish: (id: string, seconds: number | null) => void;
  /** Seconds until all is done; NaN as long as nothing is known. */
  readonly rest: () => number;
}

interface Observation {
  readonly factors: readonly string[];
  readonly log: number;
}

const SWEEPS = 20;
/** How many pieces without any effect each factor is thought to have been seen in. */
const DOUBT = 0.1;
/** Shorter times are noise of the clock. */
const LEAST_SECONDS = 1e-3;

/**
 * Fits the logarithm of the time as a sum of effects, one per factor, by sweeps over the residuals. What is known of some factors only
 * is shared among them by the small doubt in each.
 */
function fitEffects(observations: readonly Observation[]): (factors: readonly string[]) => number {
  const mean = observations.reduce((sum, { log }) => sum + log, 0) / observations.length;
  const effects = new Map<string, number>();
  const names = [...new Set(observations.flatMap(({ factors }) => factors))];
  const byFactor = new Map(names.map((name) => [name, observations.filter(({ factors }) => factors.includes(name))]));
  const predict = (factors: readonly string[]): number => factors.reduce((sum, name) => sum + (effects.get(name) ?? 0), mean);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    for (const [name, own] of byFactor) {
      const effect = effects.get(name) ?? 0;
      const residual = own.reduce((sum, { factors, log }) => sum + log - predict(factors) + effect, 0);
      effects.set(name, residual / (own.length + DOUBT));
    }
  }
  return predict;
}

/**
 * Plans work for some processes.
 * @param elapsed - seconds since the work began
 */
export function makeWorkload(units: readonly WorkUnit[], workers: number, elapsed: () => number): Workload {
  const pending = new Map(units.map((unit) => [unit.id, unit]));
  const observations: Observation[] = [];
  const state: { spent: number; fitted: number; predict: (factors: readonly string[]) => number } = { spent: 0, fitted: 0, predict: () => NaN };
  return {
    finish: (id, seconds) => {
      const unit = pending.get(id);
      if (unit === undefined) return;
      pending.delete(id);
      if (seconds === null) return;
      state.spent += seconds;
      observations.push({ factors: unit.factors, log: Math.log(Math.max(seconds, LEAST_SECONDS)) });
    },
    rest: () => {
      if (pending.size === 0) return 0;
      // Fitted anew for each tenth more that is known.
      if (observations.length > 1.1 * state.fitted) {
        state.predict = fitEffects(observations);
        state.fitted = observations.length;
      }
      const seconds = [...pending.values()].reduce((sum, { factors }) => sum + Math.exp(state.predict(factors)), 0);
      // Processes wait for each other and start up: what they really got done side by side, at most one second each.
      const together = Math.min(Math.max(state.spent / elapsed(), 0.5), Math.max(workers, 1));
      return seconds / together;
    },
  };
}
