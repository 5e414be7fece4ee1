const project = {
  extensionsToTreatAsEsm: ['.ts'],
  // Jest 30.5 strips types by itself.
  transform: {},
  modulePathIgnorePatterns: ['<rootDir>/.frontrow'],
}

export default {
  testSequencer: '<rootDir>/scripts/test-order.mjs',
  projects: [
    {
      ...project,
      displayName: 'unit',
      testTimeout: 120_000,
      testMatch: [
        '**/src/**/*.test.ts',
        '**/proto/*.test.ts',
        '**/rush/**/*.test.ts',
        '**/bench/**/*.test.ts',
        '**/fairness/**/*.test.ts',
        '**/scripts/**/*.test.ts',
        '**/web/build/**/*.test.ts',
      ],
    },
    {
      ...project,
      displayName: 'int',
      testMatch: ['**/test/**/*.int.test.ts'],
      globalSetup: '<rootDir>/test/global-setup.mjs',
      globalTeardown: '<rootDir>/test/global-teardown.mjs',
    },
    {
      ...project,
      displayName: 'e2e',
      testMatch: ['<rootDir>/test/e2e/**/*.e2e.test.ts'],
      globalSetup: '<rootDir>/test/global-setup.mjs',
      globalTeardown: '<rootDir>/test/global-teardown.mjs',
    },
    {
      // The pages in the machine's Chromium, in front of all that `npm start` runs.
      ...project,
      displayName: 'browser',
      testEnvironment: '<rootDir>/web/test/browser-environment.mjs',
      testMatch: ['<rootDir>/web/test/**/*.browser.test.ts'],
    },
  ],
  // On two cores: most tests wait for a deadline or a server, and with two at once half of the machine stood still.
  maxWorkers: 3,
  testTimeout: 180_000,
}
