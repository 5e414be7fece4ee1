import { readConfig } from '@frontrow/service-host/config'
import { runMain } from '@frontrow/service-host/lifecycle'
import { settings } from './config.ts'
import { startPayment } from './start.ts'

await runMain('payment', () => readConfig(settings, process.env), startPayment)
