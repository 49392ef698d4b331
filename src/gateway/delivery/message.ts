import type { EventRow } from '../store/event/events.ts'

/**
 * Serialises an event for an endpoint: `type`, `timestamp` and `data` as in Standard Webhooks. The text is identical at every attempt,
 * and contains the resource as it was recorded, so that its numbers are not rounded.
 *
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function bodyOf({ mchid, id, api, event, source, created_at, resource }: EventRow): string {
  const data = JSON.stringify({ mchid, api, id, event, source })
  return `{"type":${JSON.stringify(event)},"timestamp":"${new Date(created_at).toISOString()}","data":${data.slice(0, -1)},"resource":${resource}}}`
}
