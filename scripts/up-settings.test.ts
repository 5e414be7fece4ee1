import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from '@jest/globals'
import { ed25519PrivateKey } from '../services/reservation/src/tickets/key-settings.ts'
import { ensureSecrets, readSecrets, readUpSettings } from './up-settings.ts'

const folder = mkdtempSync(join(tmpdir(), 'frontrow-settings-'))
const GIVEN = 'a-secret-of-the-person-who-runs-this-copy'

afterAll(() => rmSync(folder, { recursive: true }))

describe('secrets of a data folder', () => {
  it('are made once, for this user only', () => {
    const made = ensureSecrets(folder)
    expect(ensureSecrets(folder)).toEqual(made)
    expect(statSync(join(folder, 'settings.json')).mode & 0o777).toBe(0o600)
  })

  it('keep the passwords when a JWT_SECRET is given, which tools find in the file from then on', () => {
    const before = ensureSecrets(folder)
    const after = ensureSecrets(folder, GIVEN)
    expect(after).toEqual({ ...before, jwtSecret: GIVEN })
    expect(readSecrets(folder)).toEqual(after)
    expect(ensureSecrets(folder, '')).toEqual(after)
    expect(readFileSync(join(folder, 'settings.json'), 'utf8')).toContain(GIVEN)
  })

  it('gain a key for tickets where they are of before there were any, and keep it from then on', () => {
    const { ticketSigningKey, ...before } = ensureSecrets(folder)
    writeFileSync(join(folder, 'settings.json'), JSON.stringify(before))
    const after = ensureSecrets(folder)
    expect(after).toEqual({ ...before, ticketSigningKey: expect.any(String) })
    expect(after.ticketSigningKey).not.toBe(ticketSigningKey)
    expect(ed25519PrivateKey.safeParse(after.ticketSigningKey).success).toBe(true)
    expect(ensureSecrets(folder)).toEqual(after)
  })

  it('stay together with fields of the file that only another version knows', () => {
    const file = join(folder, 'settings.json')
    writeFileSync(file, JSON.stringify({ ...ensureSecrets(folder), jwtPrivateKey: 'of another version' }))
    ensureSecrets(folder, `${GIVEN}-too`)
    expect(readFileSync(file, 'utf8')).toMatch(/-too[^]*of another version/)
  })
})

describe('the settings of npm start', () => {
  it('have defaults where they are missing or empty, and refuse one port for both', () => {
    const settings = readUpSettings({ PORT: '', TLS_PORT: '9443', DATA_DIR: '/data' })
    expect(settings).toMatchObject({ port: 8080, tlsPort: 9443, dataFolder: '/data' })
    expect(() => readUpSettings({ PORT: '8443' })).toThrow('PORT and TLS_PORT are both 8443, and must differ')
  })
})
