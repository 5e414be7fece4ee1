// npm start: installs the packages, then runs up.ts under Node 24.
import { join } from 'node:path'
import { ensurePackages, envFileFlags, root, runUnderNode24 } from './bootstrap.mjs'

// up.ts shows the time since this moment, so that the installation of the packages counts too.
process.env.FRONTROW_BEGAN_AT = String(Date.now())
ensurePackages()
process.exitCode = await runUnderNode24([...envFileFlags(), join(root, 'scripts', 'up.ts')], { tied: true })
