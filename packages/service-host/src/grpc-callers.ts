import { status } from '@grpc/grpc-js'
import type { handleUnaryCall, ServerUnaryCall, UntypedHandleCall } from '@grpc/grpc-js'

/** Who may call each method of a service: DNS names, one of which the caller's certificate has to have. */
export type Callers = Readonly<Record<string, readonly string[]>>

/** Told of a caller who is not on the list: the names in its certificate, and the address that it calls from. */
export type OnRefused = (method: string, caller: readonly string[], address: string) => void

/** Lets only those on a method's list call it, by their certificates; others are answered PERMISSION_DENIED. */
export function onlyFor(
  callers: readonly string[],
  method: string,
  handler: UntypedHandleCall,
  onRefused: OnRefused,
): UntypedHandleCall {
  // Sound because every method of our contracts is unary; `add` refuses those that are not.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  const handle = handler as handleUnaryCall<unknown, unknown>
  const check: handleUnaryCall<unknown, unknown> = (call, callback) => {
    const names = namesOfCaller(call)
    if (names.some((name) => callers.includes(name))) {
      handle(call, callback)
      return
    }
    onRefused(method, names, call.getPeer())
    callback({
      code: status.PERMISSION_DENIED,
      details: `${method} is not for ${names.join(', ') || 'nobody'}`,
    })
  }
  return check
}

const namesOfConnections = new WeakMap<object, readonly string[]>()

/**
 * The DNS names in the certificate that the caller's connection was opened with. They are read once a connection: grpc-js makes the whole
 * certificate anew for each call that asks for it, which took 60 µs.
 */
function namesOfCaller(call: ServerUnaryCall<unknown, unknown>): readonly string[] {
  const connection = connectionOf(call)
  const known = connection === undefined ? undefined : namesOfConnections.get(connection)
  if (known !== undefined) return known
  const names = dnsNames(call.getAuthContext().sslPeerCertificate?.subjectaltname)
  if (connection !== undefined) namesOfConnections.set(connection, names)
  return names
}

/** The HTTP/2 session of a call. grpc-js has no public name for it; where it is called otherwise one day, each call is looked at. */
function connectionOf(call: object): object | undefined {
  let found: unknown = call
  for (const step of ['call', 'stream', 'session']) {
    if (typeof found !== 'object' || found === null) return undefined
    found = Reflect.get(found, step)
  }
  return typeof found === 'object' && found !== null ? found : undefined
}

/** `DNS:wallet, IP Address:127.0.0.1` has one. Node quotes a name that could be taken for two; no service has such a one. */
function dnsNames(subjectAltName = ''): string[] {
  if (subjectAltName.includes('"')) return []
  return subjectAltName.split(', ').flatMap((entry) => (entry.startsWith('DNS:') ? [entry.slice(4)] : []))
}
