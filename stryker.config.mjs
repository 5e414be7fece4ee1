// npm run mutants: puts small bugs into files that decide something without a server, one at a time, and sees whether a unit
// test notices. docs/mutants.md has the scores and explains what survives.
import jestConfig from './jest.config.mjs'

const unit = jestConfig.projects.find(({ displayName }) => displayName === 'unit')
// Whatever lies here is ignored by git and by all checks.
const FOLDER = '.frontrow/mutants'

export default {
  mutate: [
    'fairness/{admission-chain,check-*,findings}.ts',
    'packages/messaging/src/envelope.ts',
    'packages/service-host/src/parse-input.ts',
    'packages/trace-context/src/trace-context.ts',
    'rush/{check-history,choose-seats,compare-answers,explanations,percentiles,read-answer,report}.ts',
    'services/catalog/src/{entity-tag,lay-out-sections,seat-map}.ts',
    'services/payment/src/{command-id,judge-payment,purchase-saga}.ts',
    'packages/card-provider/src/simulated-card-provider.ts',
    'services/queue/src/{schedules,fairness/draw-order,places/estimate-wait,places/note-place,places/token-value,streams/place-events}.ts',
    'services/reservation/src/{best-available,check-offer,decide-confirmation}.ts',
    'services/wallet/src/{decide-payment-movement,charges/decide-charge}.ts',
    '!**/*.test.ts',
  ],
  testRunner: 'jest',
  plugins: ['@stryker-mutator/jest-runner'],
  testRunnerNodeArgs: ['--experimental-vm-modules', '--no-warnings'],
  jest: {
    config: {
      projects: [
        {
          ...unit,
          rootDir: '.',
          testEnvironment: '@stryker-mutator/jest-runner/jest-env/node',
          // These take seconds for each bug: a simulated crowd, and rooms that are tampered with or read over HTTP. Each file
          // that is mutated has quick tests of its own.
          testPathIgnorePatterns: ['rush/run-crowd', 'fairness/(over-http|tampering)'],
        },
      ],
    },
  },
  coverageAnalysis: 'perTest',
  concurrency: 2,
  // ES modules that were loaded for a run are never freed: 1.5 GB after a few hundred bugs.
  maxTestRunnerReuse: 100,
  // Types are stripped, not checked.
  disableTypeChecks: false,
  tsconfigFile: 'none',
  tempDirName: `${FOLDER}/sandboxes`,
  ignorePatterns: ['.frontrow', 'deploy', 'docs'],
  reporters: ['clear-text', 'progress-append-only', 'json', 'html'],
  clearTextReporter: { reportTests: false },
  jsonReporter: { fileName: `${FOLDER}/report.json` },
  htmlReporter: { fileName: `${FOLDER}/report.html` },
  thresholds: { high: 95, low: 90, break: 90 },
}
