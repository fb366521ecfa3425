import type { NodeProto } from 'onnx-buf';
import { nodeReads } from '../graph/edit-graph.ts';

/** A node on the way to be placed, and which of the nodes that it reads from comes next. */
interface Visit {
  readonly node: NodeProto;
  readonly sources: readonly NodeProto[];
  next: number;
}

/**
 * The nodes so that each stands behind those that it reads from, which runtimes do for themselves and some converters leave to them; otherwise in the order
 * that they have. Where that cannot be, for nodes go round in a circle, as they are.
 */
export function sortNodes(nodes: readonly NodeProto[]): readonly NodeProto[] {
  const producers = new Map(nodes.flatMap((node) => node.output.filter((name) => name !== '').map((name) => [name, node])));
  const sourcesOf = (node: NodeProto): readonly NodeProto[] => nodeReads(node).flatMap((name) => producers.get(name) ?? []);
  const placed = new Set<NodeProto>();
  if (nodes.every((node) => sourcesOf(node).every((source) => placed.has(source)) && placed.add(node))) return nodes;
  placed.clear();
  const open = new Set<NodeProto>();
  for (const first of nodes) {
    const path: Visit[] = placed.has(first) ? [] : [{ node: first, sources: sourcesOf(first), next: 0 }];
    for (let visit = path.at(-1); visit !== undefined; visit = path.at(-1)) {
      const { node, sources } = visit;
      open.add(node);
      const source = sources[visit.next++];
      if (source === undefined) {
        placed.add(node);
        path.pop();
      } else if (!placed.has(source)) {
        if (open.has(source)) return nodes;
        path.push({ node: source, sources: sourcesOf(source), next: 0 });
      }
    }
  }
  return [...placed];
}
