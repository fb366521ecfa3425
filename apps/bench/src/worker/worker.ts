import { asFailure } from './failure.ts';
import { runExplain } from './explain-task.ts';
import type { Reply, Task } from './protocol.ts';
import { makeResources, type Resources } from './resources.ts';
import { runRetrain, runTrain } from './train-task.ts';

/** A process that works on one task after the other, as the pool sends them, with one engine in it. */

async function perform(task: Task, resources: Resources, reply: (reply: Reply) => void): Promise<void> {
  switch (task.kind) {
    case 'explain':
      return runExplain(task, resources, reply);
    case 'retrain':
      return runRetrain(task, resources, reply);
    case 'train':
      return runTrain(task, resources, reply);
  }
}

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
