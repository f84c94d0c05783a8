// The layers of src/, and what each may import. `npm run layers` holds the code to it; docs/adr/0002 says why.

const engineSide = ['protocol', 'define', 'compiler', 'engine', 'deploy', 'read', 'worker', 'http']

const mayImport = {
  // Each one of these imports those to its left.
  ...Object.fromEntries(engineSide.map((layer, index) => [layer, engineSide.slice(0, index)])),
  // Starts servers for the demo, for `dev` and for the tests; knows nothing of views.
  embedded: ['protocol'],
  // Run in a browser, and talk HTTP.
  react: ['protocol'],
  console: ['protocol', 'react'],
  cli: [...engineSide, 'embedded', 'console'],
}

const tests = '\\.test\\.tsx?$'

const layerRules = Object.entries(mayImport).map(([layer, below]) => ({
  name: `layer-${layer}`,
  comment: `${layer} may import ${below.join(', ') || 'no other layer'}.`,
  severity: 'error',
  from: { path: `^src/${layer}/`, pathNot: tests },
  to: { path: '^src/', pathNot: `^src/(${[layer, ...below].join('|')})/` },
}))

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...layerRules,
    {
      name: 'known-layer',
      comment: 'A new folder in src/ needs its place in .dependency-cruiser.js.',
      severity: 'error',
      from: {},
      to: { path: '^src/[^/]+/', pathNot: `^src/(${Object.keys(mayImport).join('|')})/` },
    },
    {
      name: 'index-without-cli',
      comment: 'What `import "tidemark"` loads has no command line and starts no server.',
      severity: 'error',
      from: { path: '^src/[^/]+\\.ts$' },
      to: { path: '^src/(cli|console|react|embedded)/' },
    },
    {
      name: 'no-cycles',
      comment: 'Type-only imports count: two files that need each other’s types are one thing, or three.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'pure-compiler-system',
      comment: 'The compiler takes text and facts, and gives text: no I/O. (Hashing is none.)',
      severity: 'error',
      from: { path: '^src/compiler/', pathNot: tests },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?(crypto|util)$' },
    },
    {
      name: 'pure-compiler-packages',
      comment: 'The compiler needs PostgreSQL’s parser and deparser, and no other package: never the driver.',
      severity: 'error',
      from: { path: '^src/compiler/', pathNot: tests },
      to: { path: 'node_modules/', pathNot: 'node_modules/(libpg-query|pgsql-deparser|@pgsql|@types/node)/' },
    },
    {
      name: 'no-system-in-browser',
      comment: 'What runs in a browser has no Node.',
      severity: 'error',
      from: { path: '^src/(react|console|protocol)/', pathNot: tests },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'nothing-from-outside',
      comment: 'What is shipped stands on src/ alone.',
      severity: 'error',
      from: { path: '^src/', pathNot: tests },
      to: { path: `^(test|demo|bench|examples|scripts)/|${tests}` },
    },
    {
      name: 'no-development-packages',
      comment: 'Who installs tidemark does not get its devDependencies. (The console is bundled with its own.)',
      severity: 'error',
      from: { path: '^src/', pathNot: `^src/console/|${tests}` },
      to: {
        dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'],
        dependencyTypesNot: ['npm', 'npm-peer', 'type-only'],
      },
    },
    {
      name: 'resolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dist/' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default'],
      extensions: ['.ts', '.tsx', '.js', '.json'],
    },
  },
}
