import { readConfig } from '@frontrow/service-host/config'
import { runMain } from '@frontrow/service-host/lifecycle'
import { notifySettings } from './notify/config.ts'
import { startNotify } from './notify/start-notify.ts'

await runMain('notify', () => readConfig(notifySettings, process.env), startNotify)
