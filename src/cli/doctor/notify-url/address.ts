import { connect } from 'node:tls'
import { isLoopback } from '../../../core/base/local-host.ts'
import { DAY } from '../../../core/base/time.ts'
import { isPrivateHost } from '../../../gateway/delivery/address.ts'
import { type Check, failedCheck, passedCheck, skippedCheck } from '../../checks.ts'

/** Time in which a certificate should be renewed, ms. */
const SOON = 14 * DAY
const TIMEOUT = 5000

/**
 * Checks a `notify_url` against WeChat Pay's rules: a complete address with a path, without a query, that the public network
 * reaches by HTTPS. An address of this machine is not checked, because a shop under development has no other.
 *
 * @see https://pay.weixin.qq.com/docs/partner/development/practices/notification-considerations.html 回调通知注意事项
 */
export function checkAddress(url: URL): Check {
  const name = 'url'
  const { protocol, hostname, pathname, search, hash, username, password } = url
  if (search)
    return failedCheck(name, 'it has a query', 'Put what tells notifications apart into the path, or into attach')
  if (hash || username || password)
    return failedCheck(name, 'it has a fragment, a user or a password', 'Remove them: WeChat Pay does not send them')
  if (pathname === '/')
    return failedCheck(name, 'it has no path', 'Name the complete address, as https://example.com/notify')
  if (isLoopback(hostname))
    return skippedCheck(name, 'an address of this machine', 'WeChat Pay needs a public one: https://your-domain/notify')
  if (isPrivateHost(hostname))
    return failedCheck(name, `${hostname} is not public`, 'Use a name that the internet resolves to your server')
  if (protocol !== 'https:') return failedCheck(name, 'it is not HTTPS', 'Serve it by HTTPS: WeChat Pay asks for it')
  return passedCheck(name, 'HTTPS, public, with a path and without a query')
}

const RENEW = 'Renew the certificate'
const CHAIN =
  'Install the complete chain: the certificate, then those of its issuers, of an authority that clients know'
const FIXES: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: RENEW,
  ERR_TLS_CERT_ALTNAME_INVALID: 'Install a certificate for this name',
  DEPTH_ZERO_SELF_SIGNED_CERT: CHAIN,
  SELF_SIGNED_CERT_IN_CHAIN: CHAIN,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: CHAIN,
  UNABLE_TO_GET_ISSUER_CERT: CHAIN,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: CHAIN,
}

/** Checks whether the server's certificate is valid for the name, with the chain that it sends. */
export async function checkCertificate({ protocol, hostname, port }: URL): Promise<Check> {
  const name = 'tls'
  if (protocol !== 'https:') return skippedCheck(name, 'the address is not HTTPS')
  const host = hostname.replace(/^\[|\]$/g, '')
  const result = await new Promise<{ error: string } | { expires: number }>(resolve => {
    const socket = connect({ host, port: Number(port || 443), servername: /^[\d.]+$|:/.test(host) ? '' : host })
    socket.setTimeout(TIMEOUT, () => socket.destroy(Object.assign(new Error(), { code: 'no answer within 5 s' })))
    socket.once('error', (error: NodeJS.ErrnoException) => resolve({ error: error.code ?? error.message }))
    socket.once('secureConnect', () => {
      resolve({ expires: Date.parse(socket.getPeerCertificate().valid_to) })
      socket.end()
    })
  })
  if ('error' in result)
    return failedCheck(
      name,
      `no secure connection (${result.error})`,
      FIXES[result.error] ?? 'Check the name, the port, the firewall and the server’s TLS configuration',
    )
  const date = new Date(result.expires).toISOString().slice(0, 10)
  return passedCheck(
    name,
    `the certificate is valid until ${date}`,
    result.expires < Date.now() + SOON ? RENEW : undefined,
  )
}
