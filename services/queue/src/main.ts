import { readSettings } from '@frontrow/settings/read-settings'
import { runMain } from '@frontrow/service-host/lifecycle'
import { settings } from './config.ts'
import { startQueue } from './start.ts'

await runMain('queue', () => readSettings(settings, process.env), startQueue)
