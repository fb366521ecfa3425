import { asFailure } from './failure.ts';
import { perform } from './perform.ts';
import type { Reply, Task } from './protocol.ts';
import { makeResources } from './resources.ts';

/** A process that works on one task after the other, as the pool sends them, with one engine in it. */

const resources = makeResources();
const reply = (message: Reply): void => {
  process.send?.(message);
};

process.on('message', (task: Task) => {
  perform(task, resources, reply).then(
    () => {
      reply({ kind: 'done', error: null });
    },
    (error: unknown) => {
      reply({ kind: 'done', error: asFailure(error) });
    },
  );
});
// A killed parent must not leave its workers behind.
process.on('disconnect', () => {
  process.exit();
});
