import { lookup } from 'node:dns'
import type { LookupAddress } from 'node:dns'
import type { LookupFunction } from 'node:net'
import ipaddr from 'ipaddr.js'

/** A webhook must not go there: the address is none of the public internet. */
export class ForbiddenAddressError extends Error {
  override name = 'ForbiddenAddressError'
}

/**
 * Whether an IP address is none of the public internet: loopback, private, link-local, of a cloud's metadata service, multicast, reserved,
 * or one that carries another address in it (mapped, 6to4, NAT64, Teredo).
 */
export function isSpecialAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return true
  const parsed = ipaddr.parse(address)
  return parsed.range() !== 'unicast'
}

/** What is wrong with the address of a webhook, or null. Names are looked up when it is connected to, since their answers change. */
export function whyNotAddress(text: string, allowPrivate: boolean): string | null {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || !['https:', 'http:'].includes(url.protocol)) return 'must be an https URL'
  if (url.username !== '' || url.password !== '') return 'must have no user and password'
  if (url.hash !== '') return 'must have no fragment'
  if (allowPrivate) return null
  if (url.protocol !== 'https:') return 'must be an https URL'
  return isSpecialHost(hostOf(url)) ? 'must be an address of the public internet' : null
}

/** The host of a URL, without the brackets of IPv6. */
export function hostOf({ hostname }: URL): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname
}

function isSpecialHost(host: string): boolean {
  if (ipaddr.isValid(host)) return isSpecialAddress(host)
  const name = host.replace(/\.$/, '')
  return !name.includes('.') || /(?:^|\.)(?:localhost|local|internal)$/.test(name)
}

/**
 * Looks a name up for one connection and refuses it where any of the answers is special, so that no answer of a DNS server, nor a change of it
 * after the webhook was registered, leads a request into our own network. The connection is made to the answers that were checked.
 */
export const lookUpPublic: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error !== null) {
      callback(error, '')
      return
    }
    const special = addresses.find(({ address }) => isSpecialAddress(address))
    if (special !== undefined) {
      callback(new ForbiddenAddressError(`${hostname} is ${special.address}, which is no public address`), '')
      return
    }
    answer(addresses, options.all === true, callback)
  })
}

function answer(addresses: LookupAddress[], isAll: boolean, callback: Parameters<LookupFunction>[2]): void {
  const [first] = addresses
  if (isAll) callback(null, addresses)
  else if (first === undefined) callback(new Error('the name has no address'), '')
  else callback(null, first.address, first.family)
}
