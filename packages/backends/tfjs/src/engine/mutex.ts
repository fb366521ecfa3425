import { AsyncLocalStorage } from 'node:async_hooks';

/** Runs one piece of work at a time, in the order of the calls. Work may ask again from within: it does not wait for itself. */
export type Mutex = <Result>(work: () => Result | Promise<Result>) => Promise<Result>;

/** The right to run. Work that asks again from within queues behind its siblings, not behind itself. */
interface Turn {
  held: boolean;
  last: Promise<unknown>;
}

/** Makes a mutex. */
export function createMutex(): Mutex {
  const root: Turn = { held: true, last: Promise.resolve() };
  const current = new AsyncLocalStorage<Turn>();
  return (work) => {
    const holder = current.getStore();
    // A turn that is over gives no right: work may have been started within it and not been awaited.
    const parent = holder?.held === true ? holder : root;
    const turn: Turn = { held: true, last: Promise.resolve() };
    const result = parent.last.then(() =>
      current.run(turn, async () => {
        try {
          return await work();
        } finally {
          turn.held = false;
        }
      }),
    );
    parent.last = result.catch(() => undefined);
    return result;
  };
}
