const SCOPES = 'pkg.torch.onnx.name_scopes';

/** What a node says about the module of the source framework that it came from. */
export interface NamedNode {
  readonly name: string;
  readonly metadata: ReadonlyMap<string, string>;
  /** What it does: the operator and the parameters that it reads. */
  readonly work: string;
}

/** The scopes in the name that older exporters give: `/layer4/layer4.0/conv1/Conv` is in `layer4`, `layer4.0` and `conv1`. */
const scopesInName = (name: string): string[] => (name.startsWith('/') ? name.slice(1).split('/').slice(0, -1) : []);

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

function pathsOf(segments: readonly string[]): string[] {
  return [...new Set(segments.map((_, depth) => joinSegments(segments.slice(0, depth + 1)).join('.')))];
}

/**
 * The module paths that a node lies in, outermost first: `/layer4/layer4.0/conv1/Conv` is in `layer4`, `layer4.0` and
 * `layer4.0.conv1`. Current exporters write the list into the node's metadata: `['', 'layer4', 'layer4.0', 'layer4.0.conv1', 'conv2d']`.
 */
export function modulePaths({ name, metadata }: Omit<NamedNode, 'work'>): string[] {
  const scopes = metadata.get(SCOPES);
  if (scopes === undefined) return pathsOf(scopesInName(name));
  const names = [...scopes.matchAll(/'([^']*)'|"([^"]*)"/g)].map((match) => match[1] ?? match[2] ?? '');
  return [...new Set(names.slice(0, -1).filter((path) => path !== ''))];
}

/**
 * Older exporters number the scopes of a module that is called again: `/relu/Relu`, then `/relu_1/Relu`. A numbered scope that does the same work with
 * the same parameters as the one that it is named after is taken as a call of that; by its scope there.
 */
function repeatedCalls(nodes: readonly NamedNode[]): ReadonlyMap<string, string> {
  const works = new Map<string, string[]>();
  for (const { name, work } of nodes) {
    const segments = scopesInName(name);
    for (const depth of segments.keys()) {
      const scope = segments.slice(0, depth + 1).join('/');
      works.set(scope, [...(works.get(scope) ?? []), work]);
    }
  }
  const repeated = new Map<string, string>();
  for (const [scope, work] of works) {
    const first = /^(.+)_[1-9]\d*$/.exec(scope)?.[1];
    if (first !== undefined && works.get(first)?.join('\n') === work.join('\n')) repeated.set(scope, first.slice(first.lastIndexOf('/') + 1));
  }
  return repeated;
}

/** The names of modules, and which node gives a module's output: the last one that lies in it, of its last call. */
export function moduleOutputs(nodes: readonly NamedNode[]): ReadonlyMap<string, number> {
  const repeated = repeatedCalls(nodes);
  const paths = new Map<string, number>();
  nodes.forEach((node, position) => {
    const segments = scopesInName(node.name);
    const called = segments.map((segment, depth) => repeated.get(segments.slice(0, depth + 1).join('/')) ?? segment);
    for (const path of [...modulePaths(node), ...(node.metadata.has(SCOPES) ? [] : pathsOf(called))]) paths.set(path, position);
  });
  return paths;
}

/** The last part of a module path, which serves as a short name where no module has it as its whole path. */
export function shortName(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1);
}
