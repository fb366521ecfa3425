import { expect, test } from '@jest/globals';
import { askAhead, cutPieces, placesByTurns } from './ask-ahead.ts';

/** Questions whose answers come when the test says so, and what happened so far. */
function slowModel(): { readonly events: string[]; readonly ask: (question: number) => Promise<number>; readonly settle: (question: number, failure?: Error) => void } {
  const events: string[] = [];
  const waiting = new Map<number, { readonly resolve: (answer: number) => void; readonly reject: (cause: Error) => void }>();
  return {
    events,
    ask: (question) => {
      events.push(`asked ${question}`);
      return new Promise((resolve, reject) => { waiting.set(question, { resolve, reject }); });
    },
    settle: (question, failure) => {
      if (failure) waiting.get(question)?.reject(failure);
      else waiting.get(question)?.resolve(10 * question);
    },
  };
}

const turn = (): Promise<void> => new Promise((resolve) => { setImmediate(resolve); });

async function readAll(answers: AsyncGenerator<number>, events: string[]): Promise<void> {
  for await (const answer of answers) events.push(`read ${answer}`);
}

test('asks the next question before the answer to the one before, and tells answers in order', async () => {
  const { events, ask, settle } = slowModel();
  const reading = readAll(askAhead([1, 2, 3], ask), events);
  await turn();
  expect(events).toEqual(['asked 1', 'asked 2']);
  settle(2);
  await turn();
  expect(events).toEqual(['asked 1', 'asked 2']);
  settle(1);
  await turn();
  expect(events).toEqual(['asked 1', 'asked 2', 'read 10', 'asked 3', 'read 20']);
  settle(3);
  await reading;
  expect(events.at(-1)).toBe('read 30');
});

test('asks one at a time where answers may not be needed', async () => {
  const { events, ask, settle } = slowModel();
  const reading = readAll(askAhead([1, 2], ask, false), events);
  await turn();
  expect(events).toEqual(['asked 1']);
  settle(1);
  await turn();
  expect(events).toEqual(['asked 1', 'read 10', 'asked 2']);
  settle(2);
  await reading;
});

test('a failure is told in its turn, when all that was asked has ended', async () => {
  const { events, ask, settle } = slowModel();
  let told = false;
  const reading = readAll(askAhead([1, 2, 3], ask), events).catch((cause: unknown) => {
    told = true;
    return cause;
  });
  await turn();
  settle(1, new Error('no memory'));
  await turn();
  expect(told).toBe(false);
  settle(2, new Error('no memory either'));
  expect(await reading).toEqual(new Error('no memory'));
  expect(events).toEqual(['asked 1', 'asked 2']);
});

test('a reader who leaves waits for what was asked', async () => {
  const { events, ask, settle } = slowModel();
  const answers = askAhead([1, 2, 3], ask);
  const first = answers.next();
  await turn();
  settle(1);
  expect(await first).toEqual({ value: 10, done: false });
  let left = false;
  const leaving = answers.return().then(() => { left = true; });
  await turn();
  expect(left).toBe(false);
  settle(2);
  await leaving;
  expect(events).toEqual(['asked 1', 'asked 2']);
});

test.each([
  [5, 2, [[0, 2], [2, 2], [4, 1]]],
  [4, 4, [[0, 4]]],
  [0, 4, []],
])('cuts %d places into pieces of %d', (total, size, expected) => {
  expect(cutPieces(total, size).map(({ first, count }) => [first, count])).toEqual(expected);
});

test('gives two places by turns, which grow and are used again', () => {
  const place = placesByTurns(3);
  const [first, second] = [place(1), place(2)];
  first.set([1, 2, 3]);
  second.fill(7);
  expect([...first]).toEqual([1, 2, 3]);
  const third = place(2);
  expect(third).toHaveLength(6);
  third.fill(9);
  expect([...second]).toEqual([7, 7, 7, 7, 7, 7]);
  expect(place(1).buffer).toBe(second.buffer);
  expect(place(2).buffer).toBe(third.buffer);
});
