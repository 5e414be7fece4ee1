// Runs one of our programs under Node 24, whatever Node this is: node scripts/with-node24.mjs scripts/token.ts --user 101
import { ensurePackages, runUnderNode24 } from './bootstrap.mjs'

ensurePackages()
process.exitCode = await runUnderNode24(process.argv.slice(2))
