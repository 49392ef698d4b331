import type { Api } from '../../definitions/call.ts'
import { NOTIFICATIONS } from '../generated/catalogue.ts'
import { shape } from './catalogue.ts'
import type { Field, Shape } from './shape.ts'

/** Definition of a notification. */
export interface NotificationDefinition {
  readonly title: string
  /** APIv3: `original_type`, if the definition fixes it. */
  readonly original_type?: string
  /** APIv2: sign type, if the definition fixes it. */
  readonly sign_type?: 'HMAC-SHA256'
  /** Whether the merchant's response must answer it. */
  readonly question?: true
  /** Shape of the resource, or of the message if it has no resource; of an event of several products, with all alternatives. */
  readonly shape: Shape
  /** Fields of the first alternative. */
  readonly fields: readonly Field[]
}

/** Name of a notification. APIv2 and APIv3 both have a `TRANSACTION.SUCCESS`. */
export interface NotificationName {
  readonly api: Api
  /** APIv3, brand API: `event_type`. APIv2: the name in the definitions' `webhooks`. */
  readonly event: string
}

let lines: ReadonlyMap<string, string> | undefined
const cache = new Map<string, NotificationDefinition>()

/** @returns undefined for an event without a definition */
export function definitionOf({ api, event }: NotificationName): NotificationDefinition | undefined {
  lines ??= new Map(NOTIFICATIONS.split('\n').map(row => row.split(/ (.*)/s, 2) as [string, string]))
  const name = `${api}/${event}`
  const line = lines.get(name)
  if (line === undefined) return undefined
  const definition = cache.get(name) ?? parseDefinition(line)
  cache.set(name, definition)
  return definition
}

function parseDefinition(line: string): NotificationDefinition {
  const { shape: number, ...rest } = JSON.parse(line) as Omit<NotificationDefinition, 'fields' | 'shape'> & {
    shape: number
  }
  const message = shape(number)
  return { ...rest, shape: message, fields: (message.anyOf?.[0] ?? message).fields ?? [] }
}
