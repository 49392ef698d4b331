import { subscribe } from 'node:diagnostics_channel'
import { type Dispatcher, dispatchFetch } from './dispatch-fetch.ts'
import { isPlain, type PlainRequest } from './plain-request.ts'
import { NATIVE, rememberUnestablished, reportUnsent, runtimeFetch } from './unsent.ts'

// undici reports each connection that it has not established, before it rejects the requests for it. The error does not
// say so itself: a server that speaks no TLS and a broken record after a request have the same code,
// `ERR_SSL_WRONG_VERSION_NUMBER`.
subscribe('undici:client:connectError', message => rememberUnestablished((message as { error?: unknown }).error))

/** The calls of this process that wait for a response. */
let waiting = 0

/** Returns whether this process waits for a response of WeChat Pay's. */
export const isWaiting = (): boolean => waiting > 0

/**
 * Sends a request of text or bytes with the dispatcher below Node's `fetch`, which takes a third of its processor time. Sends others
 * with {@link runtimeFetch}, and all if the program has changed how `fetch` sends: replaced it, set a dispatcher such as a proxy, or
 * started Node with `NODE_USE_ENV_PROXY`.
 */
export const nodeFetch: typeof fetch = async (input, init) => {
  waiting++
  try {
    return await (isPlain(input, init) && init.redirect === 'manual' && ownDispatcher()
      ? sendPlain(input, init)
      : runtimeFetch(input, init))
  } finally {
    waiting--
  }
}

const sendPlain = reportUnsent((input, init) => dispatchFetch(ownDispatcher()!, input as string, init as PlainRequest))

/** Bun, and Deno with Node's modules, send with settings of their own. */
const { versions } = process as { versions: NodeJS.ProcessVersions & { bun?: string; deno?: string } }
/** Whether this is Node 20 to 26, whose undici has the interface that is used here. A later one may drop it: `fetch` sends then. */
const isKnown = !versions.bun && !versions.deno && /^[678]\./.test(versions.undici ?? '')

/** undici's dispatcher, which programs replace with `setGlobalDispatcher`. Node creates its own with the first use of the Fetch API. */
type AnyDispatcher = Partial<Dispatcher> | undefined
const DISPATCHER = Symbol.for('undici.globalDispatcher.1')
/** That of undici 8, as in Node 26. The symbol above then leads to a wrapper for the interface of undici 6 and 7. */
const NEWER_DISPATCHER = Symbol.for('undici.globalDispatcher.2')
const read = (symbol: symbol): AnyDispatcher => Reflect.get(globalThis, symbol) as AnyDispatcher

/** The dispatcher that was found last, and whether it is the runtime's own. */
let found:
  | { readonly dispatcher: AnyDispatcher; readonly newer: AnyDispatcher; readonly own: Dispatcher | undefined }
  | undefined

/** Returns the dispatcher of `fetch` if that is as Node creates it; in doubt nothing, so that a request never bypasses a proxy. */
function ownDispatcher(): Dispatcher | undefined {
  if (!isKnown || globalThis.fetch !== NATIVE) return undefined
  if (!read(DISPATCHER)) void new Headers()
  const dispatcher = read(DISPATCHER)
  const newer = read(NEWER_DISPATCHER)
  if (!found || found.dispatcher !== dispatcher || found.newer !== newer)
    found = { dispatcher, newer, own: isOwn(dispatcher, newer) ? (dispatcher as Dispatcher) : undefined }
  return found.own
}

function isOwn(dispatcher: AnyDispatcher, newer: AnyDispatcher): boolean {
  if (!dispatcher) return false
  if (!newer || newer === dispatcher) return isPlainAgent(dispatcher)
  return dispatcher.constructor.name === 'Dispatcher1Wrapper' && isPlainAgent(newer)
}

/** Returns whether a dispatcher is an `Agent` without options and interceptors, as Node and undici create it. */
function isPlainAgent(dispatcher: Partial<Dispatcher>): boolean {
  const prototype = Object.getPrototypeOf(dispatcher) as Dispatcher
  if (prototype.constructor.name !== 'Agent' || dispatcher.dispatch !== prototype.dispatch) return false
  const symbol = Object.getOwnPropertySymbols(dispatcher).find(({ description }) => description === 'options')
  const options = symbol && (dispatcher as Record<symbol, object>)[symbol]
  return options !== undefined && Object.values(options).every(value => value === undefined || value === Infinity)
}
