import type { Context } from 'hono'
import { stringifyJson } from '../../core/index.ts'
import type { GatewayContext } from '../context.ts'
import { Refusal } from '../problem.ts'
import { MAX_SHOWN } from './query.ts'

/** The variables that the gateway sets before it handles a request to these pages. */
export type AdminEnv = { Variables: { requestId?: string; caller?: string } }

export type Query = Readonly<Record<string, string>>

/** A request to one of the operator's pages. */
export interface AdminRequest {
  readonly c: Context<AdminEnv>
  /** Only parameters that the page has. */
  readonly query: Query
  readonly context: GatewayContext
}

type Handle = (request: AdminRequest) => Promise<Response>

/** One of the operator's pages. */
export interface AdminPage {
  /** The query parameters that the page has; any other is refused. */
  readonly parameters: readonly string[]
  readonly handle: Handle
}

/** A page with its path. */
export interface AdminRoute extends AdminPage {
  readonly method: 'GET' | 'POST'
  readonly path: string
  /** Whether the page reads the body itself, before it does anything. */
  readonly readsBody?: boolean
  /**
   * The pages at words in the place of the parameter that ends the path. Hono's `RegExpRouter` refuses a word beside a
   * parameter, and all requests would use a slower one.
   */
  readonly words?: Readonly<Record<string, AdminPage>>
}

export const get = (path: string, parameters: readonly string[], handle: Handle): AdminRoute => ({
  method: 'GET',
  path,
  parameters,
  handle,
})

/** Creates the route of a page that does something. */
export const post = (
  path: string,
  handle: Handle,
  { readsBody = false }: { readsBody?: boolean } = {},
): AdminRoute => ({
  method: 'POST',
  path,
  parameters: [],
  handle,
  readsBody,
})

/** Returns the page of a route for a request. */
export function pageFor({ req }: Context<AdminEnv>, route: AdminRoute): AdminPage {
  const { path, words = {} } = route
  const word = req.param(path.slice(path.lastIndexOf(':') + 1)) ?? ''
  return Object.hasOwn(words, word) ? words[word]! : route
}

/** Returns the paths of a route's words. */
export const wordPathsOf = ({ path, words = {} }: AdminRoute): readonly string[] =>
  Object.keys(words).map(word => `${path.slice(0, path.lastIndexOf(':'))}${word}`)

/** Returns the merchant that the path names, and its ledger. */
export function merchantOf({ c, context }: AdminRequest): {
  readonly mchid: string
  readonly ledger: ReturnType<GatewayContext['ledgerOf']>
} {
  const mchid = c.req.param('mchid')!
  return { mchid, ledger: context.ledgerOf(mchid) }
}

/**
 * Returns a number in the path.
 *
 * @throws {Refusal} 404 `NOT_FOUND`
 */
export function numberOf({ c }: AdminRequest, name: string): number {
  const text = c.req.param(name)!
  if (!/^\d{1,15}$/.test(text))
    throw missing(
      `${JSON.stringify(text.slice(0, MAX_SHOWN))} is not a number; use the "${name}" of a row of the list.`,
    )
  return Number(text)
}

/** Creates a JSON response that keeps integers beyond 2^53, which a resource may contain. */
export const json = (value: unknown): Response =>
  new Response(stringifyJson(value), { headers: { 'Content-Type': 'application/json' } })

export const missing = (detail: string): Refusal => new Refusal({ status: 404, code: 'NOT_FOUND', detail })
