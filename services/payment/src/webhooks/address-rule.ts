import type { LookupAddress } from 'node:dns'
import { Resolver } from 'node:dns/promises'
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
  if (parsed.range() !== 'unicast') return true
  return parsed instanceof ipaddr.IPv6 && !isGlobalIpv6(parsed)
}

// Of IPv6 only this has been given out to the public internet; the rest is what nobody has a rule for yet.
const GLOBAL_IPV6 = ipaddr.IPv6.parseCIDR('2000::/3')
// Those in it that are not, by the IANA's registry of special addresses: protocols, two of documentation, 6to4, AS112.
const SPECIAL_IPV6 = ['2001::/23', '2001:db8::/32', '3fff::/20', '2002::/16', '2620:4f:8000::/48'].map(
  (range) => ipaddr.IPv6.parseCIDR(range),
)

function isGlobalIpv6(address: ipaddr.IPv6): boolean {
  return address.match(GLOBAL_IPV6) && !SPECIAL_IPV6.some((range) => address.match(range))
}

/** What is wrong with the address of a webhook, or null. Names are looked up when it is connected to, since their answers change. */
export function whyNotAddress(text: string, allowPrivate: boolean): string | null {
  // The parser drops some of these and encodes others, so that what is shown would not be what is called.
  if (/[\p{C}\p{Z}]/u.test(text)) return 'must have no spaces and no control or invisible characters'
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || !['https:', 'http:'].includes(url.protocol)) return 'must be an https URL'
  if (url.username !== '' || url.password !== '') return 'must have no user and password'
  if (url.hash !== '') return 'must have no fragment'
  if (url.port === '0') return 'must have a port from 1 to 65535'
  if (allowPrivate) return null
  if (url.protocol !== 'https:') return 'must be an https URL'
  return isSpecialHost(hostOf(url)) ? 'must be an address of the public internet' : null
}

/** The host of a URL, without the brackets of IPv6. */
export function hostOf({ hostname }: URL): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname
}

/** Whether a host is a special address, or a name that only our own network knows. */
export function isSpecialHost(host: string): boolean {
  if (ipaddr.isValid(host)) return isSpecialAddress(host)
  const name = host.replace(/\.$/, '')
  return !name.includes('.') || /(?:^|\.)(?:localhost|local|internal)$/.test(name)
}

const ANSWER_MAX_MS = 2_000

/**
 * Makes the look-up of names for connections. It refuses a name where any of its answers is special, so that no answer of a DNS server, nor a
 * change of it after the webhook was registered, leads a request into our own network. The connection is made to the answers that were
 * checked. It asks DNS servers itself (`servers`, or those of the machine): the operating system's look-up would take one of the few
 * threads of the process for as long as somebody's DNS server hangs.
 */
export function createPublicLookup(servers?: readonly string[]): LookupFunction {
  const resolver = new Resolver({ timeout: ANSWER_MAX_MS, tries: 2 })
  if (servers !== undefined) resolver.setServers(servers)
  return (hostname, { all }, callback) => {
    void answer(resolver, hostname, all === true, callback)
  }
}

async function answer(
  resolver: Resolver,
  hostname: string,
  isAll: boolean,
  callback: Parameters<LookupFunction>[2],
): Promise<void> {
  let addresses: Awaited<ReturnType<typeof resolvePublic>>
  try {
    addresses = await resolvePublic(resolver, hostname)
  } catch (error) {
    callback(error instanceof Error ? error : new Error(String(error)), '')
    return
  }
  const [first] = addresses
  if (isAll) callback(null, addresses)
  else callback(null, first.address, first.family)
}

async function resolvePublic(
  resolver: Resolver,
  hostname: string,
): Promise<[LookupAddress, ...LookupAddress[]]> {
  const [ipv4, ipv6] = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)])
  const addresses = [...addressesOf(ipv4, 4), ...addressesOf(ipv6, 6)]
  const special = addresses.find(({ address }) => isSpecialAddress(address))
  if (special !== undefined) {
    throw new ForbiddenAddressError(`${hostname} is ${special.address}, which is no public address`)
  }
  const [first, ...others] = addresses
  if (first !== undefined) return [first, ...others]
  throw ipv4.status === 'rejected' ? ipv4.reason : new Error(`${hostname} has no address`)
}

function addressesOf(found: PromiseSettledResult<string[]>, family: 4 | 6): LookupAddress[] {
  return found.status === 'rejected' ? [] : found.value.map((address) => ({ address, family }))
}
