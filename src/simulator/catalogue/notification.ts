import { NOTIFICATIONS } from '../generated/catalogue.ts'
import { shape } from './catalogue.ts'
import type { Field } from './shape.ts'

/** Definition of a notification. */
export interface NotificationDefinition {
  readonly title: string
  /** APIv3: `original_type`, if the definition fixes it. */
  readonly original_type?: string
  /** APIv2: sign type, if the definition fixes it. */
  readonly sign_type?: 'HMAC-SHA256'
  /** Fields of the resource, or of the message if it has no resource. */
  readonly fields: readonly Field[]
}

/** Name of a notification. Both API versions have a `TRANSACTION.SUCCESS`. */
export interface NotificationName {
  readonly api: 'v3' | 'v2'
  /** APIv3: `event_type`. APIv2: the name in the definitions' `webhooks`. */
  readonly event: string
}

let lines: ReadonlyMap<string, string> | undefined
const cache = new Map<string, NotificationDefinition>()

/** @returns undefined for an event without a definition */
export function definitionOf({ api, event }: NotificationName): NotificationDefinition | undefined {
  lines ??= new Map(NOTIFICATIONS.split('\n').map(line => line.split(/ (.*)/s, 2) as [string, string]))
  const name = api === 'v2' ? `v2/${event}` : event
  const line = lines.get(name)
  if (line === undefined) return undefined
  const definition = cache.get(name) ?? parseDefinition(line)
  cache.set(name, definition)
  return definition
}

function parseDefinition(line: string): NotificationDefinition {
  const { shape: number, ...rest } = JSON.parse(line) as Omit<NotificationDefinition, 'fields'> & { shape: number }
  const message = shape(number)
  return { ...rest, fields: (message.anyOf?.[0] ?? message).fields ?? [] }
}
