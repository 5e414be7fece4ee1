import { expect, test } from '@jest/globals'
import { hostSettings, readConfig } from './config.ts'

const needed = {
  HTTP_PORT: '8081',
  GRPC_PORT: '0',
  OPS_PORT: '9081',
  DATABASE_URL: 'postgres://wallet@localhost/frontrow',
  KAFKA_BROKERS: 'localhost:9092',
}

test('settings are read from texts, with the defaults of all that is not set', () => {
  expect(readConfig(hostSettings, needed)).toMatchObject({
    HTTP_PORT: 8_081,
    HOST: '127.0.0.1',
    DATABASE_POOL_MAX: 12,
    KAFKA_BROKERS: ['localhost:9092'],
    LOG_LEVEL: 'info',
  })
})

test('several brokers are separated by commas, with or without a space', () => {
  const { KAFKA_BROKERS } = readConfig(hostSettings, {
    ...needed,
    KAFKA_BROKERS: 'one:9092, two:9092,three:1',
  })
  expect(KAFKA_BROKERS).toEqual(['one:9092', 'two:9092', 'three:1'])
})

test('an empty setting is one that is not set', () => {
  expect(readConfig(hostSettings, { ...needed, LOG_LEVEL: '', JWKS_URL: '' }).LOG_LEVEL).toBe('info')
  expect(() => readConfig(hostSettings, { ...needed, HTTP_PORT: '' })).toThrow('HTTP_PORT')
})

test('everything that is wrong is named at once, each with its rule', () => {
  const wrong = { ...needed, HTTP_PORT: '70000', DATABASE_URL: 'mysql://x', JWT_SECRET: 'short' }
  expect(() => readConfig(hostSettings, wrong)).toThrow(
    /^the settings are wrong:\n {2}HTTP_PORT: .+\n {2}DATABASE_URL: .+\n {2}JWT_SECRET: .+$/,
  )
})

test('DEVELOPMENT_JWKS is read as what it is, and its rule is told', () => {
  const jwks = { keys: [{ kty: 'RSA', kid: 'one', n: 'x' }] }
  const read = (text: string) => readConfig(hostSettings, { ...needed, DEVELOPMENT_JWKS: text })
  expect(read(JSON.stringify(jwks)).DEVELOPMENT_JWKS).toEqual(jwks)
  for (const wrong of ['no JSON', '[]', '"x"']) {
    expect(() => read(wrong)).toThrow(/DEVELOPMENT_JWKS: must be the JSON of a JWKS: \{"keys":/)
  }
  expect(() => read('{"keys":[{"kty":"RSA"}]}')).toThrow('DEVELOPMENT_JWKS.keys.0.kid: ')
  expect(() => read('{"keys":[]}')).toThrow('DEVELOPMENT_JWKS.keys: ')
})
