import { paramError, Refusal } from './refusal.ts'
import type { Route } from './route.ts'
import { ROUTES } from './routes.ts'

export interface Match {
  route: Route
  path: Record<string, string>
}

const TABLE = ROUTES.map(route => ({ route, segments: route.path.split('/') }))

/** @throws {Refusal} 404 for a path that no route has, 405 for a method that none of its routes has */
export function find(method: string, path: string): Match {
  const given = path.split('/')
  const fitting = TABLE.filter(({ segments }) => fits(segments, given))
  if (fitting.length === 0) throw new Refusal(404, 'RESOURCE_NOT_EXISTS', '接口不存在，请检查请求的URL')
  const match = fitting.find(({ route }) => route.method === method)
  if (!match) throw new Refusal(405, 'METHOD_NOT_ALLOWED', 'Http请求方法不正确，请检查请求方法')
  const { route, segments } = match
  const placeholders = segments.flatMap((segment, at) => (segment.startsWith('{') ? [[segment.slice(1, -1), at]] : []))
  return {
    route,
    path: Object.fromEntries(placeholders.map(([name, at]) => [name, decode(name as string, given[at as number]!)])),
  }
}

const fits = (segments: readonly string[], given: readonly string[]): boolean =>
  segments.length === given.length &&
  segments.every((segment, at) => (segment.startsWith('{') ? given[at] !== '' : segment === given[at]))

function decode(field: string, segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    throw paramError('参数错误，请求的URL编码不正确', { field, issue: 'not percent-encoded UTF-8', location: 'path' })
  }
}
