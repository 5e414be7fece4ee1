import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { FILE_ENDING } from '@frontrow/settings/setting-files'
import { settings as catalog } from '../services/catalog/src/config.ts'
import { settings as payment } from '../services/payment/src/config.ts'
import { notifySettings as notify } from '../services/payment/src/notify/config.ts'
import { settings as queue } from '../services/queue/src/config.ts'
import { settings as reservation } from '../services/reservation/src/config.ts'
import { settings as wallet } from '../services/wallet/src/config.ts'
import { allSettings } from './all-settings.ts'
import { migrateSettings as migrate } from './migrate-settings.ts'

const schemas = { queue, catalog, reservation, payment, notify, wallet, migrate }

/** A program of npm start that takes settings which a person gives. */
export type Program = keyof typeof schemas

const fileOf = (name: string): string => name + FILE_ENDING
const everyName = [...allSettings.values()].flat().map(({ name }) => name)

/** The files that settings of ours, or Node's own, name in this environment. */
export function filesNamedIn(env: NodeJS.ProcessEnv): string[] {
  const names = [...everyName.filter((name) => name.endsWith(FILE_ENDING)), ...everyName.map(fileOf)]
  const paths = [...names, 'NODE_EXTRA_CA_CERTS'].flatMap((name) => env[name] ?? [])
  return [...new Set(paths)].filter((path) => existsSync(path)).map((path) => resolve(path))
}

/**
 * The environment of a program: `env` without the settings of other programs, and `own`, which counts more than what was given. A
 * setting in a file stays there: the program is told where the file is, and reads it itself.
 */
export function environmentOf(
  program: Program,
  env: NodeJS.ProcessEnv,
  own: Readonly<Record<string, string>>,
): NodeJS.ProcessEnv {
  const names = Object.keys(schemas[program].shape)
  const files = new Set(names.map(fileOf))
  const taken = new Set([...names, ...files])
  const left = [...everyName, ...everyName.map(fileOf)].filter((name) => !taken.has(name))
  const dropped = new Set([...left, ...Object.keys(own).map(fileOf)])
  const kept = Object.entries(env).filter(([name]) => !dropped.has(name))
  const inFiles = kept
    .filter(([name, path]) => path && files.has(name))
    .map(([name, path = '']) => [name, resolve(path)])
  return { ...Object.fromEntries(kept), ...Object.fromEntries(inFiles), ...own }
}
