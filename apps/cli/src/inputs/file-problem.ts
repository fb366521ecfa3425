const PROBLEMS: Readonly<Record<string, string>> = {
  EACCES: 'it may not be read', EISDIR: 'it is a folder', ENOENT: 'there is no such file', ENOTDIR: 'there is no such file', EPERM: 'it may not be read',
};

/** Why a file could not be read, as the end of a sentence. */
export function fileProblem(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  return PROBLEMS[code] ?? (cause instanceof Error ? cause.message : String(cause));
}
