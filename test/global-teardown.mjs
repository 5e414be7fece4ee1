export default async function globalTeardown() {
  const run = globalThis.frontrowTestRun
  globalThis.frontrowTestRun = undefined
  await run?.stop()
}
