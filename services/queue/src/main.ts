import { readConfig } from '@frontrow/service-host/config'
import { runMain } from '@frontrow/service-host/lifecycle'
import { settings } from './config.ts'
import { startQueue } from './start.ts'

await runMain('queue', () => readConfig(settings, process.env), startQueue)
