// Runs one of our programs under Node 24 with the settings of .env, as npm start does: node scripts/with-settings.mjs rush/main.ts
import { ensurePackages, envFileFlags, runUnderNode24 } from './bootstrap.mjs'

ensurePackages()
process.exitCode = await runUnderNode24([...envFileFlags(), ...process.argv.slice(2)])
