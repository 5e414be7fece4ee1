import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from '@jest/globals'
import { readSettingTexts } from './setting-files.ts'

const folder = mkdtempSync(join(tmpdir(), 'frontrow-setting-files-'))
afterAll(() => rmSync(folder, { recursive: true }))

function file(name: string, content: string): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

const read = (env: Record<string, string>) => readSettingTexts(['JWT_SECRET', 'LOG_LEVEL'], env)

describe('a setting in a file', () => {
  it.each(['of the file', 'of the file\n', 'of the file\r\n'])('is its content: %j', (content) => {
    const path = file('secret', content)
    expect(read({ JWT_SECRET_FILE: path }).texts).toMatchObject({ JWT_SECRET: 'of the file' })
  })

  it('is none where the file is empty, and then may be a variable', () => {
    const path = file('empty', '\n')
    expect(read({ JWT_SECRET_FILE: path, JWT_SECRET: 'x' })).toMatchObject({
      texts: { JWT_SECRET: 'x' },
      problems: [],
    })
    expect(read({ JWT_SECRET_FILE: path, LOG_LEVEL: '' }).texts).toEqual({ JWT_SECRET_FILE: path })
  })

  it('is refused beside a variable, and where the file can not be read or is none of ours, without a word of what is in it', () => {
    const secret = file('other', 'a secret')
    const large = file('large', 'a secret'.repeat(10_000))
    expect(read({ JWT_SECRET_FILE: secret, JWT_SECRET: 'x' }).problems).toEqual([
      'JWT_SECRET_FILE: is set beside JWT_SECRET; set one of them',
    ])
    expect(read({ JWT_SECRET_FILE: '/nowhere', LOG_LEVEL_FILE: large }).problems).toEqual([
      "JWT_SECRET_FILE: the file can't be read by this process (ENOENT): /nowhere",
      `LOG_LEVEL_FILE: the file must have 65536 bytes at most: ${large}`,
    ])
  })

  it('is no device or folder, which could hold the start', () => {
    for (const path of ['/dev/zero', folder]) {
      expect(read({ JWT_SECRET_FILE: path }).problems).toEqual([
        `JWT_SECRET_FILE: must name a regular file: ${path}`,
      ])
    }
  })

  it.each(['sk_live_of_somebody', 'smtp://user:password@mail.example', 'c/ret='])(
    'is not repeated where it is the secret in place of its file: %s',
    (secret) => {
      const { problems } = read({ JWT_SECRET_FILE: secret })
      expect(problems).toEqual([expect.stringMatching(/^JWT_SECRET_FILE: the file can't be read .*ENOENT/)])
      expect(problems.join()).not.toContain(secret)
    },
  )

  it('is read for settings of the process only', () => {
    expect(read({ SETTINGS_FILE: '/nowhere' })).toEqual({
      texts: { SETTINGS_FILE: '/nowhere' },
      problems: [],
    })
  })
})
