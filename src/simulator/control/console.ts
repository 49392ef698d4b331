import { readPackagedFile } from '../../console-files/packaged-files.ts'
import {
  type Capability,
  CONSOLE_PATH,
  ConsoleRequestError,
  isConsolePath,
  serveConsole,
} from '../../console-files/serve-console.ts'
import { CASHIER_PATH } from '../accounts/orders/order-presentation.ts'
import { ControlError } from './input.ts'

/** The script that gives a merchant's page what WeChat's browser gives it. */
const BRIDGE_PATH = '/simulator/bridge.js'
/** The cashier for a frame of a merchant's page. */
const FRAME_PATH = `${CONSOLE_PATH}/cashier.html`

/** Returns whether a path belongs to the web pages of the simulator. */
export const isPagePath = (path: string): boolean =>
  isConsolePath(path) || path === CASHIER_PATH || path === BRIDGE_PATH

/**
 * Returns whether pages of other sites may load a path: they show the cashier in a frame, and run its script. Both are the same for
 * everybody, and the policy of the frame names the pages that may show it.
 */
export const isForOtherSites = (path: string): boolean => path === BRIDGE_PATH || path === FRAME_PATH

/**
 * Serves a file of the console, or of the cashier.
 *
 * @throws {ControlError} there is no such file, or the method is not GET
 */
export async function servePage(request: Request, serves: readonly Capability[]): Promise<Response> {
  const { pathname, hostname } = new URL(request.url)
  try {
    return await serveConsole(request, {
      serves,
      read: readPackagedFile,
      names: NAMES,
      ...(pathname === BRIDGE_PATH && { headers: { 'Cross-Origin-Resource-Policy': 'cross-origin' } }),
      ...(pathname === FRAME_PATH && { frameAncestors: ancestorsOf(hostname) }),
    })
  } catch (error) {
    if (error instanceof ConsoleRequestError) throw new ControlError(error.status, error.code, error.message)
    throw error
  }
}

/** Names of files at paths outside the folder. */
const NAMES: Readonly<Record<string, string>> = { [CASHIER_PATH]: 'cashier.html', [BRIDGE_PATH]: 'bridge.js' }

/** Pages of this machine, where developers' servers are. */
const LOCAL_PAGES = ['localhost', '*.localhost', '127.0.0.1'].flatMap(host => [`http://${host}:*`, `https://${host}:*`])

/** Lets only pages of this machine, and of the address that the simulator is reached at, show the cashier in a frame. */
function ancestorsOf(hostname: string): readonly string[] {
  const sameHost = /^[\d.]+$/.test(hostname) ? [`http://${hostname}:*`, `https://${hostname}:*`] : []
  return [...new Set(["'self'", ...LOCAL_PAGES, ...sameHost])]
}
