// Who may import whom. Three floors: doors, features, platform; imports point down, and between features down a ladder.
// Each rule says in its comment what to do instead. server/test/import-rules.test.ts plants one wrong import per rule.

// Bottom rung first. A feature imports only what stands on rungs below its own; neighbours on one rung do not know each other.
const ladder = [
  ['events'],
  ['limits'],
  ['keys'],
  ['audit', 'webhooks'],
  ['users', 'roles', 'clients'],
  ['email'],
  ['sessions'],
  ['passwords', 'passkeys', 'totp'],
  ['sign-in', 'lifecycle'],
  ['account', 'test-mode'],
]

const src = '^server/src/'
const features = `${src}features/`
const sameFeature = `${features}([^/]+)/` // as `from`; `$1` is then the feature in `to`
const fronts = `${features}([^/]+)/\\1\\.ts$` // features/keys/keys.ts: the file named like its folder
const doors = `${src}(http|oidc|cli|jobs)/`
const rootFiles = `${src}(settings/|[^/]+$)` // main.ts, compose.ts, config.ts, and its settings
const tests = '\\.test\\.ts$'
/** Gives test databases their schema. */
const schemaForTests = '^server/test/database-servers/original\\.ts$'
const testMode = `${src}(features/test-mode/|http/test-mode/|compose-test-mode\\.ts$|platform/movable-clock\\.ts$)`
const webFramework = 'node_modules/(fastify|@fastify)/'

/** One rule per feature: of all features, it reaches only itself and the rungs below. Alone at the top it reaches all. */
const ladderRules = ladder.flatMap((rung, height) => {
  const below = ladder.slice(0, height).flat()
  if (height === ladder.length - 1 && rung.length === 1) return [] // alone at the top: it may use all others
  return rung.map((feature) => ({
    name: `ladder: ${feature}`,
    comment: `features/${feature} may use: ${below.join(', ') || 'no other feature'}`,
    from: { path: `${features}${feature}/` },
    to: { path: features, pathNot: `${features}(${[feature, ...below].join('|')})/` },
  }))
})

const featureRules = [
  {
    name: 'every feature has a rung',
    comment: 'write the new feature into the ladder of .dependency-cruiser.cjs',
    from: {},
    to: { path: features, pathNot: `${features}(${ladder.flat().join('|')})/` },
  },
  {
    name: 'features meet at their fronts',
    comment: 'import features/x/x.ts; its other files are private',
    from: { path: sameFeature },
    to: { path: features, pathNot: [`${features}$1/`, fronts] },
  },
  {
    name: 'others enter a feature by its front',
    comment: 'import features/x/x.ts; its other files are private',
    from: { path: src, pathNot: features },
    to: { path: features, pathNot: fronts },
  },
  {
    name: 'a feature does not import its own front',
    comment: 'the front builds the feature from its files, never the other way round',
    from: { path: sameFeature, pathNot: tests },
    to: { path: `${features}$1/$1\\.ts$` },
  },
  {
    name: 'features know no door',
    comment: 'return an outcome; the door words the answer',
    from: { path: features },
    to: { path: [doors, webFramework] },
  },
  {
    name: 'features are handed what they need',
    comment: 'compose.ts passes values; a feature reads neither config.ts nor compose.ts',
    from: { path: features },
    to: { path: rootFiles },
  },
]

const floorRules = [
  {
    name: 'doors stand apart',
    comment: 'what two doors share belongs to a feature, or compose.ts hands it over',
    from: { path: doors },
    to: { path: doors, pathNot: `${src}$1/` },
  },
  {
    name: 'doors are handed what they need',
    comment: 'only cli/main.ts starts things by itself',
    from: { path: doors, pathNot: `${src}cli/main\\.ts$` },
    to: { path: rootFiles },
  },
  {
    name: 'only the http door knows the web framework',
    comment: 'features and the other doors speak no HTTP',
    from: { path: `${src}(oidc|cli|jobs|platform)/` },
    to: { path: webFramework },
  },
  {
    name: 'the platform knows nothing above',
    comment: 'the ground floor has no opinion about authentication',
    from: { path: `${src}platform/` },
    to: { path: src, pathNot: `${src}platform/` },
  },
  {
    name: 'a migration is frozen',
    comment: 'a migration imports nothing of ours: it must do tomorrow what it does today',
    from: { path: `${src}platform/migrations/\\d` },
    to: { path: '^(server|contract|sdk)/' },
  },
  {
    name: 'main starts, compose builds',
    comment: 'main.ts calls compose.ts, which builds the features and the doors',
    from: { path: `${src}main\\.ts$` },
    to: { path: [features, `${src}(http|oidc|jobs)/`] },
  },
  {
    name: 'test mode is loaded where it is on',
    comment: 'import() it behind config.testMode; a type may be imported as one',
    from: { path: src, pathNot: [testMode, tests] },
    to: { path: testMode, dynamic: false, dependencyTypesNot: ['type-only'] },
  },
  {
    name: 'the server runs nothing that it was given',
    comment: 'neither code nor programs: CVE-2026-25227 ran what somebody sent to be tried out',
    from: { path: src, pathNot: tests },
    to: { path: '^(node:)?(child_process|vm|repl|inspector)(/|$)' },
  },
  {
    name: 'the command line is entered by main',
    comment: 'commands are called by cli/main.ts; nothing else builds on them',
    from: { pathNot: [`${src}cli/`, `${src}main\\.ts$`, '^bin/'] },
    to: { path: `${src}cli/` },
  },
]

const partRules = [
  {
    name: 'contract stands alone',
    comment: 'contract is words on the wire: it imports nothing outside itself',
    from: { path: '^contract/', pathNot: tests },
    to: { pathNot: '^contract/' },
  },
  {
    name: 'an sdk knows only the contract',
    comment: 'an sdk is used without the server and without the other sdks',
    from: { path: '^sdk/([^/]+)/' },
    to: { path: '^(server|web|bench|sdk)/', pathNot: '^sdk/$1/' },
  },
  {
    name: 'web knows only the contract and sdk/browser',
    comment: 'the pages speak to the server over HTTP',
    from: { path: '^web/' },
    to: { path: '^(server|bench|sdk)/', pathNot: '^sdk/browser/' },
  },
  {
    name: 'tests and benchmarks speak HTTP',
    comment: 'start a server with server/test/start-server.ts and call it; stores have their contract test',
    from: {
      path: '^(server/test|bench)/',
      pathNot: ['^server/test/start-server\\.ts$', '^server/test/stores/', schemaForTests],
    },
    to: { path: src },
  },
  {
    name: 'the schema of test databases comes from the ground floor',
    comment: 'it runs the steps of the migration once, and copies what they made',
    from: { path: schemaForTests },
    to: { path: src, pathNot: `${src}platform/` },
  },
  {
    name: 'store contracts test stores',
    comment: 'of the features it needs only their stores (store.ts, …-store.ts); the ground floor gives the database',
    from: { path: '^server/test/stores/' },
    to: { path: src, pathNot: [`${features}[^/]+/[a-z-]*store\\.ts$`, `${src}platform/`] },
  },
  {
    name: 'the server does not need its tests',
    comment: 'what runs in production imports neither tests, scripts nor benchmarks',
    from: { path: [src, '^bin/'], pathNot: tests },
    to: { path: '^(server/(test|scripts)|bench)/' },
  },
  {
    name: 'nobody imports a test',
    comment: 'move the shared part into a file of its own',
    from: {},
    to: { path: tests },
  },
]

const generalRules = [
  { name: 'no circle', comment: 'move what both need to a lower file', from: {}, to: { circular: true } },
  {
    name: 'every import resolves',
    comment: 'an import that resolves to nothing escapes every other rule',
    from: {},
    to: { couldNotResolve: true },
  },
]

module.exports = {
  forbidden: [...ladderRules, ...featureRules, ...floorRules, ...partRules, ...generalRules].map((rule) => ({
    severity: 'error',
    ...rule,
  })),
  options: {
    parser: 'swc', // TypeScript 7 has no JavaScript API: without @swc/core not one .ts file would be read
    tsPreCompilationDeps: true, // imports of types count
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
}
