import nx from '@nx/eslint-plugin';
import tseslint from 'typescript-eslint';

const RUNTIMES = ['@tensorflow/*', 'onnxruntime-*'];
const only = (sourceTag, ...allowed) => ({ sourceTag, onlyDependOnLibsWithTags: allowed });

/** The arrows of ARCHITECTURE.md. `tools/boundaries` proves that breaking one fails the lint. */
const ARROWS = [
  { ...only('layer:core'), bannedExternalImports: ['*'] },
  { ...only('layer:graph', 'layer:core', 'layer:graph'), bannedExternalImports: RUNTIMES },
  only('layer:backend', 'layer:core', 'layer:graph'),
  { ...only('layer:method', 'layer:core'), bannedExternalImports: RUNTIMES },
  { ...only('layer:metric', 'layer:core'), bannedExternalImports: RUNTIMES },
  { ...only('layer:render', 'layer:core'), bannedExternalImports: [...RUNTIMES, 'sharp'] },
  { ...only('layer:files', 'layer:core'), bannedExternalImports: RUNTIMES },
  { ...only('layer:data', 'layer:core', 'layer:files'), bannedExternalImports: RUNTIMES },
  only('layer:training', 'layer:core', 'layer:graph', 'layer:backend', 'layer:files'),
  { ...only('layer:plugins', 'layer:core'), bannedExternalImports: RUNTIMES },
  only('layer:testkit', 'layer:core'),
  only('layer:references', 'layer:core', 'layer:testkit'),
  only('layer:app', 'layer:core', 'layer:graph', 'layer:backend', 'layer:method', 'layer:metric', 'layer:render', 'layer:data', 'layer:files', 'layer:plugins', 'layer:training'),
];
const boundaries = (arrows) => [
  'error',
  { enforceBuildableLibDependency: true, banTransitiveDependencies: true, allow: [], depConstraints: arrows },
];

export default tseslint.config(
  { ignores: ['**/dist', '**/out-tsc', '**/node_modules', 'docs/api', '**/*.cjs', '**/*.mjs'] },
  ...tseslint.configs.strict,
  ...tseslint.configs.stylistic,
  {
    files: ['**/*.ts'],
    plugins: { '@nx': nx },
    languageOptions: { parserOptions: { projectService: false } },
    rules: {
      '@nx/enforce-module-boundaries': boundaries(ARROWS),
      '@typescript-eslint/consistent-type-imports': 'error',
      // Over the values of an image `for...of` takes five times as long as an index.
      '@typescript-eslint/prefer-for-of': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      'no-restricted-syntax': [
        'error',
        {
          selector: 'TSNonNullExpression[expression.computed!=true]',
          message: '`!` is for an index whose bound is visible (array[i]!), nothing else.',
        },
      ],
      'max-lines': ['warn', { max: 300, skipBlankLines: true, skipComments: true }],
      eqeqeq: 'error',
    },
  },
  {
    // A test may use what a user of the package would have beside it: another package of the workspace, an engine, the contract tests.
    files: ['**/*.test.ts', '**/test/**/*.ts'],
    rules: {
      '@nx/enforce-module-boundaries': 'off',
      'max-lines': 'off',
    },
  },
);
