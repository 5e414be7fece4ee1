import { createSocket } from 'node:dgram'
import type { Socket } from 'node:dgram'
import { once } from 'node:events'
import { isIP } from 'node:net'
import type { LookupAddress } from 'node:dns'
import ipaddr from 'ipaddr.js'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createPublicLookup } from '../src/webhooks/address-rule.ts'

const IPV4 = 1
const IPV6 = 28

/** What the DNS server answers, by name; a name that is not here is not answered at all. */
const answers = new Map<string, readonly string[]>()
let server: Socket
let servers: string[]

beforeAll(async () => {
  server = createSocket('udp4')
  server.on('message', (query, { port, address }) => {
    const reply = answerTo(query)
    if (reply !== null) server.send(reply, port, address)
  })
  server.bind(0, '127.0.0.1')
  await once(server, 'listening')
  servers = [`127.0.0.1:${server.address().port}`]
})

afterAll(() => {
  server.close()
})

/** The answer of a DNS server to a query of one name (RFC 1035, 4.1). */
function answerTo(query: Buffer): Buffer | null {
  const labels: string[] = []
  let at = 12
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  const type = query.readUInt16BE(at + 1)
  const question = query.subarray(12, at + 5)
  const known = answers.get(labels.join('.').toLowerCase())
  if (known === undefined) return null
  const records = known
    .filter((address) => type === (isIP(address) === 4 ? IPV4 : IPV6))
    .map((address) => {
      const data = Buffer.from(ipaddr.parse(address).toByteArray())
      const head = Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 0, 0, data.length])
      return Buffer.concat([head, data])
    })
  const head = Buffer.from([0, 0, 0x81, 0x80, 0, 1, 0, records.length, 0, 0, 0, 0])
  query.copy(head, 0, 0, 2)
  return Buffer.concat([head, question, ...records])
}

function lookUp(name: string): Promise<LookupAddress[] | string> {
  return new Promise((resolve, reject) => {
    createPublicLookup(servers)(name, { all: true }, (error, found) =>
      error === null ? resolve(found) : reject(error),
    )
  })
}

test('a name leads to all its public addresses', async () => {
  answers.set('hooks.example.com', ['93.184.216.34', '2606:4700:4700::1111'])
  expect(await lookUp('hooks.example.com')).toEqual([
    { address: '93.184.216.34', family: 4 },
    { address: '2606:4700:4700::1111', family: 6 },
  ])
})

test.each([
  ['this machine', ['127.0.0.1']],
  ['our network', ['10.0.0.7']],
  ["a cloud's metadata", ['169.254.169.254']],
  ['a public address and one of ours', ['93.184.216.34', '192.168.0.1']],
  ['ours by IPv6 only', ['93.184.216.34', 'fd00::1']],
])('a name that leads to %s leads nowhere', async (_what, addresses) => {
  answers.set('evil.example.com', addresses)
  await expect(lookUp('evil.example.com')).rejects.toMatchObject({ name: 'ForbiddenAddressError' })
})

test('a name whose answer changes is checked again at the next connection', async () => {
  answers.set('rebind.example.com', ['93.184.216.34'])
  expect(await lookUp('rebind.example.com')).toHaveLength(1)
  answers.set('rebind.example.com', ['127.0.0.1'])
  await expect(lookUp('rebind.example.com')).rejects.toThrow('127.0.0.1, which is no public address')
})

test('a name without any address is an error, and so is a server that does not answer', async () => {
  answers.set('empty.example.com', [])
  await expect(lookUp('empty.example.com')).rejects.toThrow()
  await expect(lookUp('silent.example.com')).rejects.toThrow('ETIMEOUT')
})
