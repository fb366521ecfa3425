const SCOPES = 'pkg.torch.onnx.name_scopes';

/** What a node says about the module of the source framework that it came from. */
export interface NamedNode {
  readonly name: string;
  readonly metadata: ReadonlyMap<string, string>;
}

/** `['layer4', 'layer4.0', 'conv1']` are two levels: a segment that continues the one before stands for both. */
function joinSegments(segments: readonly string[]): string[] {
  const levels: string[] = [];
  for (const segment of segments) {
    const previous = levels.at(-1);
    if (previous !== undefined && segment.startsWith(`${previous}.`)) levels[levels.length - 1] = segment;
    else levels.push(segment);
  }
  return levels;
}

/**
 * The module paths that a node lies in, outermost first: `/layer4/layer4.0/conv1/Conv` is in `layer4`, `layer4.0` and
 * `layer4.0.conv1`. Current exporters write the list into the node's metadata: `['', 'layer4', 'layer4.0', 'layer4.0.conv1', 'conv2d']`.
 */
export function modulePaths({ name, metadata }: NamedNode): string[] {
  const scopes = metadata.get(SCOPES);
  if (scopes !== undefined) {
    const names = [...scopes.matchAll(/'([^']*)'|"([^"]*)"/g)].map((match) => match[1] ?? match[2] ?? '');
    return [...new Set(names.slice(0, -1).filter((path) => path !== ''))];
  }
  if (!name.startsWith('/')) return [];
  const segments = name.slice(1).split('/').slice(0, -1);
  const paths = segments.map((_, depth) => joinSegments(segments.slice(0, depth + 1)).join('.'));
  return [...new Set(paths)];
}

/** The names of modules, and which node gives a module's output: the last one that lies in it. */
export function moduleOutputs(nodes: readonly NamedNode[]): ReadonlyMap<string, number> {
  const paths = new Map<string, number>();
  nodes.forEach((node, position) => {
    for (const path of modulePaths(node)) paths.set(path, position);
  });
  return paths;
}

/** The last part of a module path, which serves as a short name where no module has it as its whole path. */
export function shortName(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1);
}
