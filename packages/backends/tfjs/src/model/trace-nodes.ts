import { tape } from '../gradients/tape.ts';
import type { GraphNode } from './graph-nodes.ts';

/** What a traced run gave, and which node wrote an entry of the tape. */
export interface Traced<Result> {
  readonly result: Result;
  readonly locate: (tapeIndex: number) => string;
}

/**
 * Runs nodes of a graph and notes which one writes what to the tape, which does not say it. The executor of TensorFlow.js has no hook, but
 * it asks every node for its category right before it runs it. The nodes are as before when it returns.
 */
export function traceNodes<Result>(nodes: readonly GraphNode[], run: () => Result): Traced<Result> {
  const started: { readonly at: number; readonly name: string }[] = [];
  const restore = nodes.map((node) => {
    const own = Object.getOwnPropertyDescriptor(node, 'category');
    const read = (): unknown => {
      started.push({ at: tape().length, name: node.name });
      return own?.value;
    };
    Object.defineProperty(node, 'category', { configurable: true, enumerable: true, get: read });
    return () => { Object.defineProperty(node, 'category', { ...own }); };
  });
  try {
    const result = run();
    return { result, locate: (index) => started.findLast(({ at }) => at <= index)?.name ?? 'output' };
  } finally {
    restore.forEach((undo) => {
      undo();
    });
  }
}
