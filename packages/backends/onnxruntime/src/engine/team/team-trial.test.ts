import { expect, test } from '@jest/globals';
import { teamTrial } from './team-trial.ts';

/** Stretches of work in turn: by whom, how many chunks, how long. @returns after how many the team was dismissed; `null`: it was not */
function dismissedAfter(stretches: readonly (readonly [byTeam: boolean, chunks: number, milliseconds: number])[]): number | null {
  let [time, done] = [0, 0];
  let dismissed: number | null = null;
  const trial = teamTrial(() => { dismissed = done + 1; }, () => time);
  for (const [byTeam, chunks, milliseconds] of stretches) {
    const end = trial.begin(byTeam);
    time += milliseconds;
    end(chunks);
    done++;
  }
  return dismissed;
}

const byTeam = (times: readonly number[], chunks = 4) => times.map((time) => [true, chunks, time] as const);

test('a team that takes longer than its session at best is dismissed, after eight stretches', () => {
  expect(dismissedAfter([[false, 4, 20], [false, 4, 10], [false, 4, 30], ...byTeam([11, 50, 11, 12, 11, 11, 13, 11, 11])])).toBe(11);
});

test('a team that was faster once stays, whatever comes later', () => {
  expect(dismissedAfter([[false, 4, 10], ...byTeam([11, 50, 9, 12, 11, 11, 13, 11, 50, 50, 50])])).toBeNull();
});

test('stretches of other numbers of chunks are not compared', () => {
  expect(dismissedAfter([[false, 2, 1], ...byTeam([9, 9, 9, 9, 9, 9, 9, 9, 9])])).toBeNull();
});

test('batches that overlap are one stretch; those by both tell nothing', () => {
  let time = 0;
  let dismissals = 0;
  const trial = teamTrial(() => { dismissals++; }, () => time);
  const overlap = (first: boolean, second: boolean): void => {
    const [end, endOther] = [trial.begin(first), trial.begin(second)];
    time += 5;
    end(2);
    time += 6;
    endOther(2);
  };
  overlap(false, true);
  for (let i = 0; i < 8; i++) overlap(true, true);
  expect(dismissals).toBe(0);
  trial.begin(false)(4);
  overlap(true, true);
  expect(dismissals).toBe(1);
});

test('batches that failed tell nothing', () => {
  let time = 0;
  let dismissals = 0;
  const trial = teamTrial(() => { dismissals++; }, () => time);
  const take = (byTeamNow: boolean, milliseconds: number, chunks: number | null): void => {
    const end = trial.begin(byTeamNow);
    time += milliseconds;
    end(chunks);
  };
  take(false, 1, null);
  take(false, 10, 4);
  for (let i = 0; i < 9; i++) take(true, 1, null);
  for (let i = 0; i < 9; i++) take(true, 9, 4);
  expect(dismissals).toBe(0);
});
