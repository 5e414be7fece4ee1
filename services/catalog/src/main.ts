import { readSettings } from '@frontrow/settings/read-settings'
import { runMain } from '@frontrow/service-host/lifecycle'
import { settings } from './config.ts'
import { startCatalog } from './start.ts'

await runMain('catalog', () => readSettings(settings, process.env), startCatalog)
