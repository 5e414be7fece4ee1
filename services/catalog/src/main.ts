import { readConfig } from '@frontrow/service-host/config'
import { runMain } from '@frontrow/service-host/lifecycle'
import { settings } from './config.ts'
import { startCatalog } from './start.ts'

await runMain('catalog', () => readConfig(settings, process.env), startCatalog)
