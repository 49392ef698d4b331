import { isPrivateHost } from '../../gateway/delivery/address.ts'
import { CommandError, type Option, usageError, type Values } from '../command.ts'
import { readRequiredFile } from '../file.ts'
import { type AddressRule, ENV_OPTION, JSON_OPTION, readEnvironment } from '../merchant.ts'
import type { Terminal } from '../terminal.ts'

const DEFAULT_URL = 'http://127.0.0.1:8787'
/** Milliseconds for a response, but for streams. */
const TIMEOUT = 30_000

/** The variables by which these commands find the gateway. The gateway itself reads neither. */
export const CONNECTION_VARIABLES: readonly string[] = ['WECHATPAY_GATEWAY_URL', 'WECHATPAY_ADMIN_TOKEN']

export const TOKEN_FILE_OPTION: Option = {
  name: 'token-file',
  value: '<file>',
  description: 'File with the admin token of the gateway. Default: the variable WECHATPAY_ADMIN_TOKEN.',
}

/** The options of all commands that talk to a gateway about one merchant. */
export const CONNECTION_OPTIONS: readonly Option[] = [
  {
    name: 'gateway',
    value: '<url>',
    description: `Address of the gateway. Default: WECHATPAY_GATEWAY_URL, otherwise ${DEFAULT_URL}.`,
  },
  TOKEN_FILE_OPTION,
  { name: 'mchid', value: '<mchid>', description: 'Merchant id (商户号). Default: the only one of the gateway.' },
  ENV_OPTION,
  JSON_OPTION,
]

export const CONNECTION_HELP = `The token is the one whose hash the gateway has as GATEWAY_ADMIN_TOKEN; wechatpay-edge token creates both.`

/** The page that lists the merchants. */
const MERCHANTS = '/admin/merchants'

/** The open circuit of an endpoint. */
export interface Circuit {
  readonly endpoint: string
  /** Time of the next probe, ms. */
  readonly retry_at: number
}

interface Merchants {
  readonly merchants: readonly { readonly mchid: string; readonly circuits: readonly Circuit[] }[]
}

/** The admin API of a gateway, for one merchant. */
export interface GatewayConnection {
  /** The origin of the gateway, without a trailing slash. */
  readonly url: string
  readonly mchid: string
  /**
   * Gets a page of the merchant.
   *
   * @param path below `/admin/merchants/{mchid}`
   * @throws {GatewayError}
   */
  get<T>(path: string, query?: Readonly<Record<string, string | undefined>>): Promise<T>
  /** @throws {GatewayError} */
  post<T>(path: string, body?: unknown): Promise<T>
  /** Lists the merchant's open circuits with pending deliveries; none if the token may not see them. */
  circuits(): Promise<readonly Circuit[]>
  /**
   * Opens a stream of events.
   *
   * @throws {GatewayError}
   */
  openStream(path: string, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Response>
}

/** A request to a gateway has failed. */
export class GatewayError extends CommandError {
  override readonly name: string = 'GatewayError'
  /** The code of the gateway's problem, or one of `GATEWAY_UNREACHABLE`, `GATEWAY_TIMEOUT`, `GATEWAY_REDIRECTS`, `GATEWAY_UNKNOWN`. */
  readonly code: string
  readonly status: number | undefined

  constructor(code: string, message: string, status?: number) {
    super(message, 1, { code, ...(status !== undefined && { status }) })
    this.code = code
    this.status = status
  }

  /** The gateway may respond later: it cannot be reached, is overloaded, or is being restarted. */
  get isTemporary(): boolean {
    if (this.status === undefined) return this.code === 'GATEWAY_UNREACHABLE' || this.code === 'GATEWAY_TIMEOUT'
    // A gateway that only reads its ledger does so until it is replaced.
    if (this.code === 'LEDGER_NEWER') return false
    return this.status >= 500 || this.status === 429 || this.status === 408
  }
}

/** The admin API of a gateway, for all of its merchants. */
export interface AdminConnection {
  /** The origin of the gateway, without a trailing slash. */
  readonly url: string
  /**
   * Gets a page.
   *
   * @param path with the query
   * @throws {GatewayError}
   */
  get(path: string): Promise<unknown>
  /** @throws {GatewayError} */
  post(path: string, body?: unknown): Promise<unknown>
  /**
   * Opens a stream.
   *
   * @throws {GatewayError}
   */
  openStream(path: string, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Response>
}

/**
 * Connects to the gateway of the command line, for all of its merchants.
 *
 * @throws {CommandError} the address or the token cannot be used
 */
export async function connectToAdmin(values: Values, { stopped }: Pick<Terminal, 'stopped'>): Promise<AdminConnection> {
  const environment = await readConnectionEnvironment(values)
  const url = readUrl((values.gateway as string | undefined) ?? environment.WECHATPAY_GATEWAY_URL ?? DEFAULT_URL)
  const token = await readToken(values, environment)
  const send = createSender(url, token)
  const json = async (path: string, init: RequestInit = {}): Promise<unknown> => {
    const signal = AbortSignal.any([stopped, AbortSignal.timeout(TIMEOUT)])
    const response = await send(path, { ...init, signal })
    return response.json().catch(error => {
      throw error instanceof SyntaxError ? unknownService(url, response.status) : sendError(url, error)
    })
  }
  return {
    url,
    get: path => json(path),
    post(path, body) {
      const headers = { 'Content-Type': 'application/json' }
      const init = body === undefined ? {} : { headers, body: JSON.stringify(body) }
      return json(path, { method: 'POST', ...init })
    },
    openStream: (path, headers, signal) => send(path, { headers: { Accept: 'text/event-stream', ...headers }, signal }),
  }
}

/**
 * Connects to the gateway of the command line, for one merchant.
 *
 * @throws {CommandError} the address or the token cannot be used
 * @throws {GatewayError} the gateway cannot be reached, or refuses the token
 */
export async function connect(values: Values, terminal: Pick<Terminal, 'stopped'>): Promise<GatewayConnection> {
  const admin = await connectToAdmin(values, terminal)
  const mchid = (values.mchid as string | undefined) ?? (await onlyMerchant(admin.get))
  if (!/^\d{8,10}$/.test(mchid)) throw usageError(`--mchid must be eight to ten digits, not ${JSON.stringify(mchid)}.`)
  const root = `/admin/merchants/${mchid}`
  return {
    url: admin.url,
    mchid,
    async get<T>(path: string, query: Readonly<Record<string, string | undefined>> = {}) {
      return (await admin.get(root + path + writeQuery(query))) as T
    },
    post: async <T>(path: string, body?: unknown) => (await admin.post(root + path, body)) as T,
    async circuits() {
      try {
        const { merchants } = (await admin.get(MERCHANTS)) as Merchants
        return merchants.find(merchant => merchant.mchid === mchid)?.circuits ?? []
      } catch (error) {
        if (error instanceof GatewayError) return []
        throw error
      }
    },
    openStream: (path, headers, signal) => admin.openStream(root + path, headers, signal),
  }
}

/**
 * Reads the environment of a command that talks to a gateway.
 *
 * @throws {CommandError} the `.env` of the current folder would choose the address that gets a token from elsewhere
 */
export async function readConnectionEnvironment(values: Values): Promise<Record<string, string | undefined>> {
  const isNamed = values.gateway !== undefined
  const rule: AddressRule = {
    address: 'WECHATPAY_GATEWAY_URL',
    credentials: isNamed ? [] : ['WECHATPAY_ADMIN_TOKEN'],
    option: isNamed || values['token-file'] === undefined ? undefined : '--token-file',
  }
  return (await readEnvironment(values, rule)) as Record<string, string | undefined>
}

export function writeQuery(query: Readonly<Record<string, string | undefined>>): string {
  const entries = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return entries.length === 0 ? '' : `?${new URLSearchParams(entries)}`
}

/** @throws {CommandError} */
function readUrl(text: string): string {
  const parsed = URL.canParse(text) ? new URL(text) : undefined
  if (!parsed || !/^https?:$/.test(parsed.protocol) || parsed.pathname !== '/' || parsed.search !== '')
    throw usageError(`--gateway must be an address such as https://pay.example.com, not ${JSON.stringify(text)}.`)
  if (parsed.username || parsed.password)
    throw usageError(
      '--gateway: the address contains a user name or password. Remove it; the token goes into a header.',
    )
  if (parsed.protocol === 'http:' && !isPrivateHost(parsed.hostname))
    throw usageError(`--gateway: ${parsed.host} would get the admin token without encryption. Use https.`)
  return parsed.origin
}

/** @throws {CommandError} */
async function readToken(
  values: Values,
  { WECHATPAY_ADMIN_TOKEN }: Record<string, string | undefined>,
): Promise<string | undefined> {
  const file = values['token-file'] as string | undefined
  const token = file === undefined ? WECHATPAY_ADMIN_TOKEN?.trim() : String(await readRequiredFile(file)).trim()
  if (token === '' && file !== undefined)
    throw new CommandError(`--token-file: ${file} is empty. Write the admin token of the gateway into it.`)
  if (token && !/^[\x21-\x7e]+$/.test(token))
    throw new CommandError(
      `${file ?? 'WECHATPAY_ADMIN_TOKEN'} is not a token. Give the text that wechatpay-edge token printed as "token".`,
    )
  return token || undefined
}

/** Sends requests with the token. Never follows a redirect, which would take the token to another server. */
function createSender(url: string, token: string | undefined) {
  return async (path: string, init: RequestInit): Promise<Response> => {
    const headers = { ...(init.headers as Record<string, string>), ...(token && { Authorization: `Bearer ${token}` }) }
    const response = await fetch(url + path, { ...init, headers, redirect: 'manual' }).catch(error => {
      throw sendError(url, error)
    })
    if (response.ok) return response
    throw await responseError(url, response, token !== undefined)
  }
}

function sendError(url: string, error: unknown): GatewayError {
  const { name } = error as Error
  if (name === 'TimeoutError')
    return new GatewayError('GATEWAY_TIMEOUT', `${url} has not responded within ${TIMEOUT / 1000} seconds. Try again.`)
  if (name === 'AbortError') return new GatewayError('STOPPED', 'Stopped.')
  // A port that fetch blocks has a message only: bad port.
  const { message = name, code = message } = Object((error as Error).cause) as { code?: string; message?: string }
  return new GatewayError(
    'GATEWAY_UNREACHABLE',
    `The gateway at ${url} cannot be reached (${code}). Start it with wechatpay-edge serve, or give its address with --gateway.`,
  )
}

const unknownService = (url: string, status: number): GatewayError =>
  new GatewayError(
    'GATEWAY_UNKNOWN',
    `${url} responded with status ${status}, but not as a gateway does. Correct --gateway, or look at the proxy in front of it.`,
    status,
  )

async function responseError(url: string, response: Response, hasToken: boolean): Promise<GatewayError> {
  const { status, headers } = response
  if (status >= 300 && status < 400) {
    await response.body?.cancel()
    return new GatewayError(
      'GATEWAY_REDIRECTS',
      `${url} redirects to another address, which does not get the token. Give the final address with --gateway.`,
      status,
    )
  }
  const code = headers.get('wechatpay-edge-error')
  const { detail } = Object(await response.json().catch(() => undefined)) as { detail?: unknown }
  if (code === null || typeof detail !== 'string') return unknownService(url, status)
  const advice = ADVICE[hasToken ? code : `${code} without a token`] ?? ADVICE[code]
  return new GatewayError(code, advice ?? `The gateway at ${url} refuses: ${detail}`, status)
}

/** The remedies for the gateway's errors, in the words of a command line. */
const ADVICE: Readonly<Record<string, string>> = {
  'UNAUTHENTICATED without a token':
    'The gateway requires its admin token. Set WECHATPAY_ADMIN_TOKEN, or give a file with --token-file.',
  UNAUTHENTICATED:
    'The gateway does not know the token. Set WECHATPAY_ADMIN_TOKEN to the token whose hash it has as GATEWAY_ADMIN_TOKEN.',
  FORBIDDEN:
    'The token may not do this: it is the token of a caller, or of other merchants. Use the admin token, or, if the command has --mchid, name a merchant of this one.',
}

/** @throws {CommandError} */
async function onlyMerchant(json: (path: string) => Promise<unknown>): Promise<string> {
  const { merchants } = (await json(MERCHANTS)) as Merchants
  const [first, ...others] = merchants.map(({ mchid }) => mchid)
  if (first === undefined)
    throw new CommandError('The gateway has no merchant. Configure one: wechatpay-edge doctor --help.')
  if (others.length === 0) return first
  throw usageError(`The gateway has the merchants ${[first, ...others].join(', ')}. Give one with --mchid.`)
}
