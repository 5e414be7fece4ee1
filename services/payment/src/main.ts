import { readSettings } from '@frontrow/settings/read-settings'
import { runMain } from '@frontrow/service-host/lifecycle'
import { settings } from './config.ts'
import { startPayment } from './start.ts'

await runMain('payment', () => readSettings(settings, process.env), startPayment)
