import type { Failure } from '../store/result-row.ts';
import { asFailure } from '../worker/failure.ts';
import { perform } from '../worker/perform.ts';
import { makeResources } from '../worker/resources.ts';
import type { Pool } from './pool.ts';

/** Works through jobs one after the other in this process: for debuggers. Nothing is killed here, whatever it takes. */
export function createInProcessPool(): Pool {
  const resources = makeResources();
  let last: Promise<unknown> = Promise.resolve();
  return {
    run: ({ task, onReply }) => {
      const job = last.then(() => perform(task, resources, onReply)).then((): Failure | null => null, asFailure);
      last = job;
      return job;
    },
    close: () => undefined,
  };
}
