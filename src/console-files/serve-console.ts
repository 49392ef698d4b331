/** A file of the console. */
export interface ConsoleFile {
  readonly text: string
  /** Of the text, with its quotes. */
  readonly etag: string
}

/** Reads a file of the console by its name; undefined if there is none. */
export type ReadConsoleFile = (name: string) => Promise<ConsoleFile | undefined>

/** A part that an origin may serve besides the console. The page shows only the views of the parts that are served. */
export type Capability = 'simulator' | 'gateway'

/** Path of the web page. WeChat Pay has none that begins like it. */
export const CONSOLE_PATH = '/console'

/** The file that tells the page what its origin serves. */
const ORIGIN_FILE = 'origin.json'

/** Returns whether a path belongs to the console. */
export const isConsolePath = (path: string): boolean => path === CONSOLE_PATH || path.startsWith(`${CONSOLE_PATH}/`)

/** A request for a file that does not exist, or with a method that files do not accept. */
export class ConsoleRequestError extends Error {
  override readonly name = 'ConsoleRequestError'
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

/** How an origin serves the console. */
export interface ConsoleOptions {
  readonly serves: readonly Capability[]
  /** Names of files by paths outside `/console/`. Default: none. */
  readonly names?: Readonly<Record<string, string>>
  /** Further headers. Default: none. */
  readonly headers?: Readonly<Record<string, string>>
  /** Sources of `frame-ancestors`: the pages that may show this one in a frame. Default: none. */
  readonly frameAncestors?: readonly string[]
  readonly read: ReadConsoleFile
}

/**
 * Allows the page nothing but its own files and the API of its own origin: everything that it shows comes from requests that anybody may
 * have sent, and must stay text.
 */
const POLICY: readonly string[] = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data: blob:",
  "base-uri 'none'",
  "form-action 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
]

/** Files of the pages with which the simulator pays. A gateway before WeChat Pay itself does not serve them. */
const SIMULATOR_FILE = /^(?:cashier|bridge)\./

/** Keys are pasted into this page: it may connect to nothing, and no cache keeps it for the way back. */
const ISOLATED_FILE = 'workbench.html'
const ISOLATED_POLICY = POLICY.map(directive =>
  directive.startsWith('connect-src ')
    ? "connect-src 'none'"
    : directive.startsWith('img-src ')
      ? 'img-src data:'
      : directive,
)

const HEADERS: Readonly<Record<string, string>> = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  // A new version must not meet files of the old one.
  'Cache-Control': 'no-cache',
}

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  json: 'application/json; charset=utf-8',
  txt: 'text/plain; charset=utf-8',
}

/**
 * Serves a file of the console, with a policy under which nothing that it shows can run.
 *
 * @throws {ConsoleRequestError} 404 `NOT_FOUND` for a file that does not exist; 405 `METHOD_NOT_ALLOWED`
 */
export async function serveConsole(
  { method, url, headers }: Request,
  { serves, names = {}, headers: further, frameAncestors = ["'none'"], read }: ConsoleOptions,
): Promise<Response> {
  const { pathname } = new URL(url)
  if (method !== 'GET' && method !== 'HEAD')
    throw new ConsoleRequestError(405, 'METHOD_NOT_ALLOWED', `${pathname} accepts GET.`)
  if (pathname === CONSOLE_PATH) return new Response(null, { status: 308, headers: { Location: `${CONSOLE_PATH}/` } })
  const name = Object.hasOwn(names, pathname)
    ? names[pathname]!
    : pathname.slice(CONSOLE_PATH.length + 1) || 'index.html'
  const isServed = serves.includes('simulator') || !SIMULATOR_FILE.test(name)
  const file = name === ORIGIN_FILE ? originFile(serves) : isServed ? await read(name) : undefined
  const type = TYPES[name.slice(name.lastIndexOf('.') + 1)]
  if (!file || type === undefined)
    throw new ConsoleRequestError(
      404,
      'NOT_FOUND',
      `The console has no file ${name.slice(0, 40)}; open ${CONSOLE_PATH}/.`,
    )
  const { etag } = file
  const isIsolated = name === ISOLATED_FILE
  const policy = [...(isIsolated ? ISOLATED_POLICY : POLICY), `frame-ancestors ${frameAncestors.join(' ')}`].join('; ')
  const caching = isIsolated && { 'Cache-Control': 'no-store' }
  const common = { ...HEADERS, ...caching, ...further, ETag: etag, 'Content-Security-Policy': policy }
  if (hasEtag(headers.get('if-none-match'), etag)) return new Response(null, { status: 304, headers: common })
  return new Response(method === 'HEAD' ? null : streamOf(file), { headers: { ...common, 'Content-Type': type } })
}

/** The bytes of the files that were served. */
const encoded = new WeakMap<ConsoleFile, Uint8Array>()

/** Creates a stream of the bytes of a file, which all responses share: a `Response` of a text or of bytes would copy them. */
function streamOf(file: ConsoleFile): ReadableStream<Uint8Array> {
  const bytes = encoded.get(file) ?? new TextEncoder().encode(file.text)
  encoded.set(file, bytes)
  return new ReadableStream({
    start(controller) {
      controller.enqueue(bytes)
      controller.close()
    },
  })
}

/**
 * Returns whether `If-None-Match` names an ETag. Proxies that compress make it a weak one, which is compared like a strong one.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-13.1.2
 */
const hasEtag = (header: string | null, etag: string): boolean =>
  (header ?? '').split(',').some(part => ['*', etag].includes(part.trim().replace(/^W\//, '')))

const originFile = (serves: readonly Capability[]): ConsoleFile => ({
  text: JSON.stringify({ serves }),
  etag: `"${serves.join('-')}"`,
})
