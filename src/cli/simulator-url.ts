import { NAMESPACE } from '../simulator/namespaces/address.ts'
import { usageError } from './command.ts'

/** The address at which wechatpay-edge simulator serves by default. */
export const SIMULATOR_URL = 'http://127.0.0.1:8989'

/**
 * Reads `--simulator`: the address of a simulator, or of one of its namespaces, `http://127.0.0.1:8989/ns/a`.
 *
 * @returns the address without a slash at its end
 * @throws {CommandError} it is no such address. One with another path is refused, because the command would act on the simulator itself
 */
export function readSimulatorUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !/^https?:$/.test(url.protocol))
    throw usageError(`--simulator must be an address such as ${SIMULATOR_URL}, not ${JSON.stringify(text)}.`)
  const [, name] = /^\/ns\/([^/]*)\/?$/.exec(url.pathname) ?? []
  const isNamed = name !== undefined && NAMESPACE.test(name)
  if (url.username || url.password || url.search || url.hash || !(isNamed || url.pathname === '/'))
    throw usageError(
      `--simulator must be the address of a simulator (${url.origin}) or of a namespace (${url.origin}/ns/{name}), without anything else.`,
    )
  return isNamed ? `${url.origin}/ns/${name}` : url.origin
}
