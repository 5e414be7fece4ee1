import { describe, expect, it } from '@jest/globals'
import { checkEnvText } from './env-file.ts'

const FILE = '/checkout/.env'

describe('.env', () => {
  it('may hold settings, comments, blank lines, quotes and "export"', () => {
    const text = [
      '# of this machine',
      '',
      'PORT=9080',
      "  export KAFKA_TOPIC_PREFIX = 'a.'  # mine",
      'EXEMPT_NETWORKS="10.0.0.0/8 192.168.0.0/16"',
      'LOG_LEVEL=',
      'COMPOSE_PROJECT_NAME=two',
      'SMTP_URL_FILE=/home/me/smtp-url',
    ]
    expect(checkEnvText(text.join('\n'), FILE)).toEqual([])
    expect(checkEnvText(text.join('\r\n'), FILE)).toEqual([])
  })

  it.each(['HOLD_MS 300000', 'HOLD-MS=300000', '=300000', '2HOLD_MS=300000'])(
    'is refused by the number of a line that sets nothing: %s',
    (line) => {
      expect(() => checkEnvText(`PORT=9080\n${line}\n`, FILE)).toThrow(`line 2 of ${FILE} is not NAME=value`)
    },
  )

  it('is refused where a quote stays open, without telling the value', () => {
    const check = (): string[] => checkEnvText('JWT_SECRET="not-for-logs\nPORT=9080', FILE)
    expect(check).toThrow(`line 1 of ${FILE} is not NAME=value, or leaves a quote open`)
    expect(check).not.toThrow('not-for-logs')
  })

  it('tells of a misspelt name, and of one that npm start decides itself', () => {
    expect(checkEnvText('HOLD_MSS=1000\nHTTP_PORT=80\nHOLD_MS=1000', FILE)).toEqual([
      '.env sets HOLD_MSS, which is no setting: docs/settings.md lists them',
      '.env sets HTTP_PORT, which npm start decides itself',
    ])
  })
})
