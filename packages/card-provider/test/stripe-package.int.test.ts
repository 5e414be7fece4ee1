import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from '@jest/globals'

test("Stripe's package is loaded with its provider, not with the service", async () => {
  const start = new URL('../src/connect-card-provider.ts', import.meta.url).href
  const stripeProvider = new URL('../src/stripe-card-provider.ts', import.meta.url).href
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--input-type=module',
    '--eval',
    `import { registerHooks } from 'node:module'
     let loaded = false
     registerHooks({
       resolve(specifier, context, next) {
         loaded ||= specifier === 'stripe'
         return next(specifier, context)
       },
     })
     await import(${JSON.stringify(start)})
     const before = loaded
     await import(${JSON.stringify(stripeProvider)})
     process.stdout.write(JSON.stringify([before, loaded]))`,
  ])
  expect(JSON.parse(stdout)).toEqual([false, true])
})
