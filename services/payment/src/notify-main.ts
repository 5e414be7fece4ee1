import { readSettings } from '@frontrow/settings/read-settings'
import { runMain } from '@frontrow/service-host/lifecycle'
import { notifySettings } from './notify/config.ts'
import { startNotify } from './notify/start-notify.ts'

await runMain('notify', () => readSettings(notifySettings, process.env), startNotify)
