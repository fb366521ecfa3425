/** The reference site: one page per package, from the doc comments; and the guides. */
export default {
  name: 'Pellucid',
  entryPointStrategy: 'packages',
  entryPoints: ['packages/*', 'packages/backends/*', 'packages/methods/*'],
  out: 'docs/api',
  customCss: 'docs/site.css',
  includeVersion: false,
  disableSources: true,
  readme: 'README.md',
  projectDocuments: ['docs/guides/*.md', 'docs/*.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md'],
  highlightLanguages: ['typescript', 'javascript', 'json', 'shell', 'python'],
  treatWarningsAsErrors: true,
  packageOptions: {
    entryPoints: ['src/index.ts'],
    tsconfig: 'tsconfig.lib.json',
    excludeInternal: true,
    disableSources: true,
    validation: { notExported: false, invalidLink: true, notDocumented: true },
    requiredToBeDocumented: ['Function', 'Interface', 'TypeAlias', 'Variable', 'Enum', 'Class'],
  },
};
