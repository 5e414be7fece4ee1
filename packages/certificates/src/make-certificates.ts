// The library needs this polyfill, and it has to be there first.
// oxlint-disable-next-line import/no-unassigned-import
import 'reflect-metadata'
import { KeyObject, webcrypto, X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import * as x509 from '@peculiar/x509'
import type { CertificateAndKey, CertificateOwner } from './ensure-certificates.ts'

/** From when until when a certificate is good. */
export interface Life {
  notBefore: Date
  notAfter: Date
}

const KEY = { name: 'ECDSA', namedCurve: 'P-256' } as const
const SIGNING = { name: 'ECDSA', hash: 'SHA-256' } as const

/** A new authority, which signs itself. */
export async function makeAuthority(life: Life): Promise<CertificateAndKey> {
  const keys = await makeKeys()
  const made = await x509.X509CertificateGenerator.createSelfSigned(
    {
      // Each has a name of its own, or a verifier could take an earlier authority for this one.
      name: `CN=Frontrow ${webcrypto.randomUUID()}`,
      ...life,
      signingAlgorithm: SIGNING,
      keys,
      extensions: [
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      ],
    },
    webcrypto,
  )
  return { certificate: new X509Certificate(made.toString()), key: KeyObject.from(keys.privateKey) }
}

/** A certificate for servers and clients, signed by the authority. */
export async function makeCertificate(
  { name, hosts }: CertificateOwner,
  authority: CertificateAndKey,
  life: Life,
): Promise<CertificateAndKey> {
  const issuer = new x509.X509Certificate(authority.certificate.raw)
  const keys = await makeKeys()
  const signingKey = await webcrypto.subtle.importKey(
    'pkcs8',
    authority.key.export({ format: 'der', type: 'pkcs8' }),
    KEY,
    false,
    ['sign'],
  )
  const made = await x509.X509CertificateGenerator.create(
    {
      subject: `CN=${name}`,
      issuer: issuer.subjectName,
      ...life,
      signingAlgorithm: SIGNING,
      publicKey: keys.publicKey,
      signingKey,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([
          x509.ExtendedKeyUsage.serverAuth,
          x509.ExtendedKeyUsage.clientAuth,
        ]),
        new x509.SubjectAlternativeNameExtension(
          hosts.map((value) => ({ type: isIP(value) === 0 ? 'dns' : 'ip', value })),
        ),
        await x509.AuthorityKeyIdentifierExtension.create(issuer, false, webcrypto),
      ],
    },
    webcrypto,
  )
  return { certificate: new X509Certificate(made.toString()), key: KeyObject.from(keys.privateKey) }
}

function makeKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(KEY, true, ['sign', 'verify'])
}
