import { readSettings } from '@frontrow/settings/read-settings'
import { runMain } from '@frontrow/service-host/lifecycle'
import { settings } from './config.ts'
import { startReservation } from './start.ts'

await runMain('reservation', () => readSettings(settings, process.env), startReservation)
