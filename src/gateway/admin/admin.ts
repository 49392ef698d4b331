import { type Context, Hono } from 'hono'
import { readBody } from '../body/read-body.ts'
import type { GatewayContext } from '../context.ts'
import { sweep } from '../sweep/sweep.ts'
import { callRoutes } from './call-routes.ts'
import { deliveryRoutes } from './delivery-routes.ts'
import { eventRoutes } from './event-routes.ts'
import { ledgerRoutes } from './ledger-routes.ts'
import { queryOf } from './query.ts'
import { type AdminEnv, type AdminRequest, type AdminRoute, get, pageFor, post, wordPathsOf } from './route.ts'

const ROUTES: readonly AdminRoute[] = [
  get('/merchants', [], listMerchants),
  ...eventRoutes,
  ...deliveryRoutes,
  ...callRoutes,
  ...ledgerRoutes,
  post('/sweep', async ({ c, context }) => c.json(await sweep(context))),
  get('/counters', [], async ({ c, context }) => c.json({ counters: await context.gatewayLedger().counters() })),
]

/** Bytes of a body for which a page has no use. */
const MAX_IGNORED_BODY = 64 * 1024

/**
 * Creates the operator's pages under `/admin`: events, deliveries, the audit trail. Requests and responses are JSON. Lists have the
 * newest first, and `next` for the following page.
 */
export function createAdmin(context: GatewayContext): Hono<AdminEnv> {
  const admin = new Hono<AdminEnv>()
  const serve = async (c: Context<AdminEnv>, route: AdminRoute) => {
    const { parameters, handle } = pageFor(c, route)
    // A request that is refused because of its body must have done nothing.
    if (route.method === 'POST' && !route.readsBody) await readBody(c.req.raw, MAX_IGNORED_BODY)
    return handle({ c, query: queryOf(c, parameters), context })
  }
  for (const route of ROUTES) admin.on(route.method, route.path, c => serve(c, route))
  return admin
}

/** Lists the pages that the router does not have, because they share the route of a parameter. */
export const wordRoutes = (): { method: string; path: string }[] =>
  ROUTES.flatMap(route => wordPathsOf(route).map(path => ({ method: route.method, path })))

async function listMerchants({ c, context: { merchants, ledgerOf } }: AdminRequest): Promise<Response> {
  const rows = Object.keys(merchants).map(async mchid => ({
    mchid,
    ...(await ledgerOf(mchid).depths(mchid)),
    circuits: await ledgerOf(mchid).circuits(mchid),
  }))
  return c.json({ merchants: await Promise.all(rows) })
}
