import { expect, test } from '@jest/globals'
import { isSpecialAddress, whyNotAddress } from './address-rule.ts'

test.each([
  '127.0.0.1',
  '10.1.2.3',
  '172.16.0.1',
  '192.168.1.1',
  '169.254.169.254',
  '100.64.0.1',
  '0.0.0.0',
  '224.0.0.1',
  '255.255.255.255',
  '198.18.0.1',
  '192.0.2.1',
  '::',
  '::1',
  'fe80::1',
  'fc00::1',
  'ff02::1',
  '::ffff:127.0.0.1',
  '::ffff:8.8.8.8',
  '64:ff9b::7f00:1',
  '2002:7f00:1::',
  '2001:db8::1',
  '2001:2::1',
  '2001:20::1',
  '2001:1ff::1',
  '3fff::1',
  '2620:4f:8000::1',
  '100::1',
  '200::1',
  '4000::1',
  '5f00::1',
  'fec0::1',
  'nonsense',
])('%s is special', (address) => {
  expect(isSpecialAddress(address)).toBe(true)
})

test.each(['8.8.8.8', '93.184.216.34', '2606:4700:4700::1111', '2a00:1450:4001::1', '2001:4860:4860::8888'])(
  '%s is not',
  (address) => {
    expect(isSpecialAddress(address)).toBe(false)
  },
)

test.each([
  ['https://hooks.example.com/in?x=1', null],
  ['https://93.184.216.34:8443/', null],
  ['http://hooks.example.com/', 'must be an https URL'],
  ['ftp://hooks.example.com/', 'must be an https URL'],
  ['hooks.example.com', 'must be an https URL'],
  ['https://user:pass@hooks.example.com/', 'must have no user and password'],
  ['https://hooks.example.com/#a', 'must have no fragment'],
  ['https://hooks.example.com:0/in', 'must have a port from 1 to 65535'],
  ['https://hooks.example.com:65536/in', 'must be an https URL'],
  ['https://localhost/', 'must be an address of the public internet'],
  ['https://api.localhost./', 'must be an address of the public internet'],
  ['https://wallet/', 'must be an address of the public internet'],
  ['https://metadata.google.internal/', 'must be an address of the public internet'],
  ['https://2130706433/', 'must be an address of the public internet'],
  ['https://0x7f.1/', 'must be an address of the public internet'],
  ['https://[::1]/', 'must be an address of the public internet'],
  ['https://[::ffff:10.0.0.1]/', 'must be an address of the public internet'],
])('%s: %s', (url, problem) => {
  expect(whyNotAddress(url, false)).toBe(problem)
})

test.each([
  '\r\n',
  '\n',
  '\t',
  ' ',
  '\0',
  '\u007f',
  '\u0085',
  '\u00a0',
  '\u2028',
  '\u200b',
  '\u202e',
  '\ud800',
])('an address with %j in it, before it or behind it is none', (character) => {
  const url = 'https://hooks.example.com/in'
  const all = [`${character}${url}`, `${url}${character}`, url.replace('/in', `/${character}in`)]
  for (const text of all) {
    expect(whyNotAddress(text, true)).toBe('must have no spaces and no control or invisible characters')
  }
})

test('where private addresses are allowed, so are those of this machine, without TLS too', () => {
  expect(whyNotAddress('http://127.0.0.1:9000/in', true)).toBeNull()
  expect(whyNotAddress('http://user:pass@127.0.0.1/', true)).toBe('must have no user and password')
  expect(whyNotAddress('http://127.0.0.1:0/', true)).toBe('must have a port from 1 to 65535')
})
