import { quoted, typeName } from './names.ts'
import type { Notification } from './notification.ts'
import type { Schema } from './openapi.ts'
import { comment, type Printer, titleOf } from './print.ts'
import { FORM_OF } from './shapes.ts'

const messageName = ({ id }: Notification): string => typeName(id)
const resourceName = ({ id }: Notification): string => typeName(id).replace(/Notification$/, 'Resource')

/** Declares the type of a notification, and of the content of its encrypted field. */
export function declareNotification(notification: Notification, printer: Printer): string[] {
  const { event, operation, message, resource } = notification
  const title = comment([titleOf(operation, event)], '')
  const declare = (name: string, { description: _, ...schema }: Schema, kind: 'json' | 'xml') =>
    title + printer.declaration(name, schema, FORM_OF[kind])
  return [
    declare(messageName(notification), named(message.schema, event), message.kind),
    ...(resource ? [declare(resourceName(notification), resource.schema, resource.kind)] : []),
  ]
}

/** Types the event name as a constant, because it is the only value that identifies the notification. */
function named(schema: Schema, event: string): Schema {
  const { allOf, properties } = schema
  const type = properties?.event_type
  return {
    ...schema,
    ...(allOf ? { allOf: allOf.map(part => named(part, event)) } : {}),
    ...(type?.enum?.join() === event ? { properties: { ...properties, event_type: { ...type, const: event } } } : {}),
  }
}

/**
 * Declares `V2Notifications` and `V3Notifications`: the type by event that a handler receives, which is the resource if
 * there is one.
 */
export const declareEvents = (notifications: readonly Notification[]): string[] =>
  (['v2', 'v3'] as const).map(api => {
    const members = notifications
      .filter(notification => notification.api === api)
      .map(notification => {
        const { event, operation, resource } = notification
        const type = resource ? resourceName(notification) : messageName(notification)
        return `${comment([titleOf(operation, event)], '  ')}  ${quoted(event)}: ${type}\n`
      })
    const key = api === 'v2' ? '`event_type`, or the name defined by this library' : '`event_type`'
    return `/** Content of API${api} notifications by ${key}: the decrypted resource, or the message itself. */
export interface ${typeName(api)}Notifications {\n${members.join('')}}\n`
  })
