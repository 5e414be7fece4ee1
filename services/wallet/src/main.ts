import { readConfig } from '@frontrow/service-host/config'
import { runMain } from '@frontrow/service-host/lifecycle'
import { settings } from './config.ts'
import { startWallet } from './start.ts'

await runMain('wallet', () => readConfig(settings, process.env), startWallet)
