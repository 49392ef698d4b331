import { Refusal } from '../problem.ts'
import { sessionOf } from '../session/identify.ts'
import type { EventsAfter } from '../store/event/search.ts'
import { parsePosition } from './event-stream.ts'
import { invalid } from './query.ts'
import { type AdminPage, type AdminRequest, merchantOf, type Query } from './route.ts'

/** Patterns of events that a stream may have. */
const MAX_PATTERNS = 20
const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d)$/

/** The stream of a merchant's events. */
export const EVENT_STREAM: AdminPage = { parameters: ['events', 'since', 'body'], handle: openStream }

async function openStream(request: AdminRequest): Promise<Response> {
  const { c, query, context } = request
  requireEventStream(request)
  const session = sessionOf(c.req.raw)
  return context.eventStreams.open({
    ...merchantOf(request),
    caller: c.get('caller') ?? '',
    session: session && {
      id: session.id,
      expiresIn: session.expiresAt - context.now(),
      onEnd: callback => context.sessions.onEnd(session, callback),
    },
    requestId: c.get('requestId') ?? '',
    events: patternsOf(query),
    after: startOf(request),
    hasBody: flagOf(query, 'body'),
  })
}

/**
 * Refuses a request for a stream that does not ask for one. A page of another site can make a browser navigate here with the operator's
 * credentials, but cannot set this header: such navigations would occupy all streams.
 */
function requireEventStream({ c: { req } }: AdminRequest): void {
  if (req.method !== 'GET')
    throw new Refusal({
      status: 405,
      code: 'METHOD_NOT_ALLOWED',
      detail: `${req.path} accepts GET, not ${req.method}.`,
      headers: { Allow: 'GET' },
    })
  if (/\btext\/event-stream\b/i.test(req.header('accept') ?? '')) return
  throw new Refusal({
    status: 406,
    code: 'NOT_ACCEPTABLE',
    detail: 'This page is a stream of events. Ask for it with the header "Accept: text/event-stream".',
  })
}

/** Reads `events`: patterns of events with commas between them. */
function patternsOf({ events = '*' }: Query): readonly string[] {
  const patterns = events.split(',').map(pattern => pattern.trim())
  if (patterns.length <= MAX_PATTERNS && patterns.every(pattern => /^[\w.-]*\*?$/.test(pattern) && pattern !== ''))
    return patterns
  throw invalid(
    `events must be up to ${MAX_PATTERNS} names of events or patterns, with commas between them: TRANSACTION.SUCCESS,REFUND.*`,
  )
}

/** Returns the position at which a stream begins: that of `Last-Event-ID`, the time `since`, or the newest event. */
function startOf({ c: { req }, query: { since } }: AdminRequest): EventsAfter['after'] {
  const id = req.header('last-event-id')
  if (id) {
    const position = parsePosition(id)
    if (position) return position
    throw invalid('Last-Event-ID is not the id of an event of this stream. Leave it out, and give since.')
  }
  if (since === undefined) return undefined
  const at = /^\d{1,15}$/.test(since) ? Number(since) : RFC3339.test(since) ? Date.parse(since) : Number.NaN
  if (!Number.isNaN(at)) return { at }
  throw invalid('since must be a time such as 2026-01-31T08:00:00+08:00, or milliseconds since 1970.')
}

function flagOf(query: Query, name: string): boolean {
  const value = query[name] ?? 'false'
  if (value === 'true' || value === 'false') return value === 'true'
  throw invalid(`${name} must be true or false.`)
}
