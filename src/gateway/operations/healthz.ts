import { admit } from '../caller/admit.ts'
import type { Ground } from '../ground.ts'
import { health } from './health.ts'

/**
 * `GET /healthz`: 200 where all is well, or nothing worse than to be looked at; 503 where something fails. What was looked at is
 * told to who may know.
 */
export async function healthz(request: Request, ground: Ground): Promise<Response> {
  const mayKnow = request.headers.has('authorization') || request.headers.has('cf-access-jwt-assertion')
  if (mayKnow) await admit(request, '/healthz', ground)
  const checks = await health(ground)
  const status = ['fail', 'warn'].find(one => checks.some(check => check.status === one)) ?? 'ok'
  const body = mayKnow ? { status, checks } : { status }
  return Response.json(body, { status: status === 'fail' ? 503 : 200, headers: { 'Cache-Control': 'no-store' } })
}
