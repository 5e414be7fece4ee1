import { kafkaSettings } from '@frontrow/messaging/kafka-settings'
import { SetupProblem } from '@frontrow/local-stack/setup-problem'
import { hostSettings } from '@frontrow/service-host/config'
import { grpcCertificateSettings } from '@frontrow/service-host/grpc-certificates'
import { productionProblems } from '@frontrow/settings/production-rules'
import { readSettingTexts } from '@frontrow/settings/setting-files'
import { z } from 'zod'
import { settings as catalogSettings } from '../services/catalog/src/config.ts'
import { settings as paymentSettings } from '../services/payment/src/config.ts'
import { notifySettings } from '../services/payment/src/notify/config.ts'
import { settings as queueSettings } from '../services/queue/src/config.ts'
import { settings as reservationSettings } from '../services/reservation/src/config.ts'
import { settings as walletSettings } from '../services/wallet/src/config.ts'
import { composeSettings } from './compose-settings.ts'
import { describeSettings } from './describe-settings.ts'
import type { Setting, SettingsObject } from './describe-settings.ts'
import { gatewaySettings, gatewayWiring } from './gateway-settings.ts'
import { migrateSettings } from './migrate-settings.ts'
import { upSettings } from './up-settings.ts'

// These have a default or are optional, yet npm start and Compose set them.
const WIRING: ReadonlySet<string> = new Set([
  'HOST',
  'SYSTEM_OPS_URLS',
  'DEVELOPMENT_JWKS',
  ...Object.keys(grpcCertificateSettings),
  ...Object.keys(kafkaSettings),
  'KAFKA_ACLS',
  'REDIS_CA_FILE',
])
// npm start sets them itself, and takes what somebody has set.
const WIRING_OF_OTHERS = ['PAGES_TEST_CARDS', 'DEVELOPMENT_JWKS']
const isWiring = (name: string): boolean => WIRING.has(name)

/** The settings of every program, by its name. Settings that all services have are listed once, under "services". */
export const allSettings: ReadonlyMap<string, readonly Setting[]> = new Map([
  ['npm start', describeSettings(upSettings, isWiring)],
  ['services', describeSettings(hostSettings, isWiring)],
  ['queue', ofOneService(queueSettings)],
  ['catalog', ofOneService(catalogSettings)],
  ['reservation', ofOneService(reservationSettings)],
  ['payment', ofOneService(paymentSettings)],
  ['notify', ofOneService(notifySettings)],
  ['wallet', ofOneService(walletSettings)],
  ['migrate', describeSettings(migrateSettings, isWiring)],
  [
    'gateway',
    [...describeSettings(gatewaySettings, isWiring), ...describeSettings(gatewayWiring, () => true)],
  ],
  ['compose', describeSettings(composeSettings, isWiring)],
])

function ofOneService(settings: SettingsObject): Setting[] {
  const own = Object.entries(settings.shape).filter(([name]) => !(name in hostSettings.shape))
  return describeSettings(z.object(Object.fromEntries(own)), isWiring)
}

/**
 * Checks what npm start is given. Throws one problem that names every setting in `env` that a part of it would refuse, with its rule, and
 * in production every one that may not be so then. Returns those that are in files (X_FILE), by their names.
 */
export function checkSettings(env: NodeJS.ProcessEnv): Record<string, string> {
  const own = [...allSettings]
    .flatMap(([program, settings]) => (program === 'compose' ? [] : settings))
    .filter((one) => !one.isWiring)
  const names = [...new Set(own.map(({ name }) => name))]
  const { texts, problems } = readSettingTexts(names, env)
  const wrong = own
    .filter(({ name, schema }) => texts[name] !== undefined && !schema.safeParse(texts[name]).success)
    .map(({ name, rule }) => `${name} must be ${rule}`)
  const broken = productionProblems([...names, ...WIRING_OF_OTHERS], texts)
  const lines = [...new Set([...problems, ...wrong, ...broken])].map((line) => `  ${line}`)
  if (lines.length > 0) throw new SetupProblem(`these settings are wrong:\n${lines.join('\n')}`)
  const inFiles = names.filter((name) => !env[name] && texts[name] !== undefined)
  return Object.fromEntries(inFiles.map((name) => [name, texts[name] ?? '']))
}
