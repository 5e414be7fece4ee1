// npm start: brings the packages, then goes on under Node 24 with up.ts.
import { join } from 'node:path'
import { ensurePackages, envFileFlags, root, runUnderNode24 } from './bootstrap.mjs'

// The packages count too: up.ts shows the time since here.
process.env.FRONTROW_BEGAN_AT = String(Date.now())
ensurePackages()
process.exitCode = await runUnderNode24([...envFileFlags(), join(root, 'scripts', 'up.ts')], { tied: true })
