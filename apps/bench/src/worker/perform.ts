import { runExplain } from './explain-task.ts';
import type { Reply, Task } from './protocol.ts';
import type { Resources } from './resources.ts';
import { runStudy } from './study-task.ts';
import { runRetrain, runTrain } from './train-task.ts';

/** Works on a task. @throws what the task cannot turn into replies. */
export async function perform(task: Task, resources: Resources, reply: (reply: Reply) => void): Promise<void> {
  switch (task.kind) {
    case 'explain':
      return runExplain(task, resources, reply);
    case 'retrain':
      return runRetrain(task, resources, reply);
    case 'train':
      return runTrain(task, resources, reply);
    case 'study':
      return runStudy(task, resources, reply);
  }
}
