import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, it, test } from '@jest/globals'
import { isSecretSetting } from '@frontrow/settings/secret-settings'
import { allSettings, checkSettings } from './all-settings.ts'
import { composeFile } from './compose-file.ts'
import type { Setting } from './describe-settings.ts'
import { HEAP_FLAGS } from './up-services.ts'

const read = (path: string): Promise<string> => readFile(new URL(`../${path}`, import.meta.url), 'utf8')
const settingsOf = (program: string): readonly Setting[] => allSettings.get(program) ?? []
const everyName = new Set([...allSettings.values()].flat().map(({ name }) => name))

/** Each `${NAME:-default}` of a text. */
function readDefaults(text: string): { name: string; fallback: string }[] {
  return [...text.matchAll(/\$\{([A-Z_]+):-([^}]*)\}/g)].map(([, name = '', fallback = '']) => ({
    name,
    fallback,
  }))
}

describe('a wrong setting', () => {
  it('is named with its rule, together with all others, and its value is not repeated', () => {
    const check = () =>
      checkSettings({ HOLD_MS: '5min', LOG_LEVEL: 'loud', PORT: '0', STRIPE_SECRET_KEY: 'sk_oops' })
    expect(check).toThrow('HOLD_MS must be a whole number of ms, 50 to 86,400,000')
    expect(check).toThrow('LOG_LEVEL must be one of fatal, error, warn, info, debug, trace, silent')
    expect(check).toThrow('PORT must be a whole number, 1 to 65,535')
    expect(check).toThrow('STRIPE_SECRET_KEY must be text of 8 characters or more')
    expect(check).not.toThrow('sk_oops')
  })

  it('is found in what any program of npm start takes', () => {
    for (const [name, value] of Object.entries({
      KAFKA_PARTITIONS: '0',
      TOKEN_BURST: 'x',
      JWT_SECRET: 'short',
    })) {
      expect(() => checkSettings({ [name]: value })).toThrow(name)
    }
  })

  it('may be in a file, and npm start is told what is in there', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'frontrow-settings-')), 'key')
    writeFileSync(file, 'sk_test_of_a_file\n')
    expect(checkSettings({ STRIPE_SECRET_KEY_FILE: file, HOLD_MS: '1000' })).toEqual({
      STRIPE_SECRET_KEY: 'sk_test_of_a_file',
    })
    expect(() => checkSettings({ STRIPE_SECRET_KEY_FILE: `${file}.away` })).toThrow(
      'STRIPE_SECRET_KEY_FILE: ',
    )
    rmSync(dirname(file), { recursive: true })
  })

  it('is none where npm start sets it itself, where it is empty, and where it is of somebody else', () => {
    checkSettings({ DATABASE_URL: 'mysql://elsewhere', HTTP_PORT: 'none', HOLD_MS: '', SHELL: '/bin/sh' })
  })
})

test('every setting that is named after a secret counts as one, so that no log shows it', () => {
  const named = [...everyName].filter((name) => /(?:SECRET|PASSWORD|KEYS?)(?:_|$)/.test(name))
  const counted = named.filter((name) => isSecretSetting(name))
  expect(counted).toEqual(
    expect.arrayContaining(['JWT_SECRET', 'JOIN_CHECK_PROVIDER_SECRET', 'TICKET_SIGNING_KEY']),
  )
  const open = named.filter((name) => !isSecretSetting(name) && !name.endsWith('_FILE'))
  expect(open.toSorted()).toEqual(['JOIN_CHECK_SITE_KEY', 'STRIPE_PUBLISHABLE_KEY', 'TICKET_PUBLIC_KEYS'])
})

describe('what is written down elsewhere', () => {
  it("the gateway's script takes the settings of the page, with the same defaults", async () => {
    const script = await read('deploy/gateway/start-gateway.sh')
    const taken = new Map(readDefaults(script).map(({ name, fallback }) => [name, fallback]))
    expect([...taken.keys()].toSorted()).toEqual(
      settingsOf('gateway')
        .map(({ name }) => name)
        .toSorted(),
    )
    for (const { name, default: value } of settingsOf('gateway')) {
      if (value !== undefined) expect([name, taken.get(name)]).toEqual([name, String(value)])
    }
  })

  it('docker-compose.yml takes no variable that is not on the page, and has the same defaults', async () => {
    const taken = readDefaults(await read('docker-compose.yml'))
    expect(taken.filter(({ name }) => !everyName.has(name))).toEqual([])
    for (const { name, default: value } of settingsOf('compose')) {
      // A file with a secret has none: whether it is set tells other containers what not to do.
      if (value === undefined) continue
      const fallbacks = taken.filter((one) => one.name === name).map(({ fallback }) => fallback)
      expect([name, ...new Set(fallbacks)]).toEqual([name, String(value)])
    }
  })

  it('the ConfigMap of deploy/k8s/base names settings only', async () => {
    const lines = (await read('deploy/k8s/base/settings.env'))
      .split('\n')
      .filter((line) => /^[^#]/.test(line))
    expect(lines.length).toBeGreaterThan(10)
    for (const line of lines) expect([...everyName]).toContain(line.split('=')[0])
  })

  it.each([
    ['deploy/Dockerfile', `exec node ${HEAP_FLAGS.join(' ')} `],
    ['docker-compose.yml', `NODE_OPTIONS: ${HEAP_FLAGS.join(' ')}\n`],
    ['deploy/k8s/base/service/deployment.yaml', `value: ${HEAP_FLAGS.join(' ')}\n`],
  ])('%s starts services with the flags for memory that npm start gives them', async (path, flags) => {
    expect(await read(path)).toContain(flags)
  })
})

describe('docker-compose.yml', () => {
  const blocks = [...allSettings.keys()].filter((program) => program !== 'npm start' && program !== 'compose')
  const empty = blocks.map((program) => `    # settings of ${program}\n    # end of settings\n`).join('')

  it('passes every setting to its program only, and none that is set for it', () => {
    const made = composeFile(empty)
    expect(made).toContain(
      '    # settings of wallet: npm run generate\n    CHARGE_AMOUNT_MIN: ${CHARGE_AMOUNT_MIN:-}\n',
    )
    expect(made.match(/STRIPE_SECRET_KEY_FILE: \/run\/secrets\/stripe_secret_key\n/g)).toHaveLength(2)
    for (const name of ['DATABASE_URL', 'HTTP_PORT', 'JWT_SECRET', 'WALLET_GRPC', 'SERVERS_EACH']) {
      expect(made).not.toContain(` ${name}: `)
    }
    expect(composeFile(made)).toBe(made)
  })

  it('gives no container a secret in its environment, but for the one that refuses them, and each the files that it reads', async () => {
    const file = await read('docker-compose.yml')
    const services = [...file.matchAll(/^ {2}([a-z-]+):\n((?: {4}.*\n|\n|^ *#.*\n)+)/gm)]
    expect(services.length).toBeGreaterThan(12)
    for (const [, name = '', text = ''] of services) {
      const given = readDefaults(text).filter((one) => isSecretSetting(one.name))
      // Who has the password of the replica's role has it from DATABASE_URL, so that this one names none.
      const secret = given.map((one) => one.name).filter((one) => one !== 'CATALOG_READ_DATABASE_URL')
      const refused = [
        'JWT_SECRET',
        'STRIPE_SECRET_KEY',
        'STRIPE_WEBHOOK_SECRET',
        'JOIN_CHECK_SECRET',
        'JOIN_CHECK_PROVIDER_SECRET',
        'SMTP_URL',
      ]
      expect([name, ...secret]).toEqual([name, ...(name === 'settings' ? refused : [])])
      const files = [...text.matchAll(/: \/run\/secrets\/(\w+)$/gm)].map(([, one = '']) => one)
      const mounted = /^ {4}secrets: \[(.*)\]$/m.exec(text)?.[1]?.split(', ') ?? []
      expect([name, ...mounted.toSorted()]).toEqual([name, ...files.toSorted()])
      for (const one of mounted) expect(file).toContain(`\n  ${one}: { file: '\${${one.toUpperCase()}_FILE:-`)
    }
    const shared = readDefaults(file.slice(0, file.indexOf('\nservices:')))
    expect(shared.filter((one) => isSecretSetting(one.name))).toEqual([])
  })

  it('and the images that it builds take no secret to be built, and have none', async () => {
    const files = await Promise.all(
      ['deploy/Dockerfile', 'deploy/gateway.Dockerfile', 'docker-compose.yml'].map(read),
    )
    const given = files.flatMap((text) => [
      ...[...text.matchAll(/^(?:ARG|ENV) (.+)$/gm)].flatMap(
        ([, line = '']) => line.match(/\b[A-Z_]+(?==)/g) ?? [],
      ),
      ...[...text.matchAll(/^ +args: \{(.+)\}$/gm)].flatMap(
        ([, line = '']) => line.match(/\b[A-Z_]+(?=:)/g) ?? [],
      ),
    ])
    expect(given).toEqual(expect.arrayContaining(['NODE_IMAGE', 'NODE_ENV', 'NGINX_IMAGE']))
    expect(given.filter((name) => isSecretSetting(name) || /KEY|TOKEN/.test(name))).toEqual([])
    // What is named one by one is all that a build sees.
    expect((await read('.dockerignore')).split('\n').find((line) => !line.startsWith('#'))).toBe('*')
  })

  it('has a place for the settings of each program', () => {
    expect(() => composeFile(empty.replace('settings of queue', 'settings of cue'))).toThrow('"cue"')
    expect(() => composeFile(empty.replace('# settings of queue', '#'))).toThrow('"# settings of queue"')
  })
})
