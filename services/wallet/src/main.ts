import { readSettings } from '@frontrow/settings/read-settings'
import { runMain } from '@frontrow/service-host/lifecycle'
import { settings } from './config.ts'
import { startWallet } from './start.ts'

await runMain('wallet', () => readSettings(settings, process.env), startWallet)
