import { admit } from '../caller/admit.ts'
import type { Ground } from '../ground.ts'
import { health } from './health.ts'

/**
 * `GET /healthz`: 200 where nothing fails, 503 where something does. What was looked at is told to who may know; with `?deep`
 * WeChat Pay is called as well.
 */
export async function healthz(request: Request, ground: Ground): Promise<Response> {
  const mayKnow = request.headers.has('authorization') || request.headers.has('cf-access-jwt-assertion')
  if (mayKnow) await admit(request, '/healthz', ground)
  const { merchants, certificates, ledger, now } = ground
  const deep = mayKnow && new URL(request.url).searchParams.has('deep')
  const checks = [
    ...(await health({ merchants, certificates, now, deep, ledger: mchid => ledger(mchid).depths(mchid) })),
    ...Object.keys(merchants).map(mchid => whoIsTold(mchid, ground)),
  ]
  const status = ['fail', 'warn'].find(one => checks.some(check => check.status === one)) ?? 'ok'
  const body = mayKnow ? { status, checks } : { status }
  return Response.json(body, { status: status === 'fail' ? 503 : 200, headers: { 'Cache-Control': 'no-store' } })
}

function whoIsTold(merchant: string, { routes }: Ground) {
  const [paid] = routes('TRANSACTION.SUCCESS', merchant)
  return paid
    ? { merchant, check: 'endpoints', status: 'ok', detail: `TRANSACTION.SUCCESS goes to ${paid.name}.` }
    : {
        ...{ merchant, check: 'endpoints', status: 'warn' },
        detail: 'No endpoint takes TRANSACTION.SUCCESS: payments are recorded, and nobody is told. Set WEBHOOK_URL.',
      }
}
