/** How the learning rate goes over a run: as it is, or down to zero along a line or half a cosine. */
export type Schedule = 'constant' | 'linear' | 'cosine';

/**
 * The learning rate of a step.
 * @param done - the share of the run that is done, from 0 to 1
 * @see {@link https://arxiv.org/abs/1608.03983 | Loshchilov and Hutter 2017}, eq. 5 without restarts, for the cosine
 */
export function learningRateAt(schedule: Schedule, base: number, done: number): number {
  switch (schedule) {
    case 'constant':
      return base;
    case 'linear':
      return base * (1 - done);
    case 'cosine':
      return (base / 2) * (1 + Math.cos(Math.PI * done));
  }
}
