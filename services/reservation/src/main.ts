import { readConfig } from '@frontrow/service-host/config'
import { runMain } from '@frontrow/service-host/lifecycle'
import { settings } from './config.ts'
import { startReservation } from './start.ts'

await runMain('reservation', () => readConfig(settings, process.env), startReservation)
