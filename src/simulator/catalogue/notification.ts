import { NOTIFICATIONS } from '../generated/catalogue.ts'
import { shape } from './catalogue.ts'
import type { Field } from './shape.ts'

/** What the definitions say of a notification. */
export interface NotificationDefinition {
  readonly title: string
  /** APIv3, where the definition has it. */
  readonly original_type?: string
  /** APIv2, where the definition leaves no choice. */
  readonly sign_type?: 'HMAC-SHA256'
  /** Of the resource, or of the message itself where that has none. */
  readonly fields: readonly Field[]
}

/** APIv3: `event_type`; APIv2: as in the definitions' `webhooks`. Both have a `TRANSACTION.SUCCESS`. */
export interface NotificationName {
  readonly api: 'v3' | 'v2'
  readonly event: string
}

let lines: ReadonlyMap<string, string> | undefined
const known = new Map<string, NotificationDefinition>()

/** @returns undefined for an event that no definition has */
export function definitionOf({ api, event }: NotificationName): NotificationDefinition | undefined {
  lines ??= new Map(NOTIFICATIONS.split('\n').map(line => line.split(/ (.*)/s, 2) as [string, string]))
  const name = api === 'v2' ? `v2/${event}` : event
  const line = lines.get(name)
  if (line === undefined) return undefined
  const definition = known.get(name) ?? read(line)
  known.set(name, definition)
  return definition
}

function read(line: string): NotificationDefinition {
  const { shape: number, ...rest } = JSON.parse(line) as Omit<NotificationDefinition, 'fields'> & { shape: number }
  const { anyOf: [whole] = [shape(number)] } = shape(number)
  return { ...rest, fields: whole!.fields ?? [] }
}
