import neostandard, { plugins } from 'neostandard'

const typescript = plugins['typescript-eslint']

export default [
  ...neostandard({ ts: true, ignores: ['.readme/', 'dist/', 'docs/api/', 'coverage/', 'node_modules/', 'sessions/', '.stryker-tmp/', 'reports/'] }),
  {
    files: ['**/*.ts'],
    plugins: { '@typescript-eslint': typescript.plugin },
    languageOptions: { parserOptions: { project: './tsconfig.check.json', tsconfigRootDir: import.meta.dirname } },
    ignores: ['test/types/**', 'test/consumers/apps/**'],
    rules: {
      // A dropped ResultAsync is a dropped promise.
      '@typescript-eslint/no-floating-promises': ['error', { checkThenables: true }],
      'no-void': ['error', { allowAsStatement: true }],
      '@typescript-eslint/consistent-type-imports': 'error'
    }
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      // It throws what is no Error, and at that uvu ends a suite in silence, and green.
      'no-restricted-properties': ['error', { property: '_unsafeUnwrap' }, { property: '_unsafeUnwrapErr' }],
      // uvu takes a text there for its own message, and any error for the expected one.
      'no-restricted-syntax': ['error', {
        selector: "CallExpression[callee.property.name='throws'] > :matches(Literal[regex=undefined], TemplateLiteral).arguments:nth-child(2)",
        message: 'Expect a regular expression or a function.'
      }]
    }
  }
]
