import { quoted, typeName } from './names.ts'
import type { Notification } from './notification.ts'
import type { Schema } from './openapi.ts'
import { comment, type Printer, titleOf } from './print.ts'
import { FORM_OF } from './shapes.ts'

const messageName = ({ id }: Notification): string => typeName(id)
const resourceName = ({ id }: Notification): string => typeName(id).replace(/Notification$/, 'Resource')

/** The message as it arrives, and what its sealed part holds. */
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

/** The name of its event is what tells a message from others: the one value that is not open to more. */
function named(schema: Schema, event: string): Schema {
  const { allOf, properties } = schema
  const type = properties?.event_type
  return {
    ...schema,
    ...(allOf ? { allOf: allOf.map(part => named(part, event)) } : {}),
    ...(type?.enum?.join() === event ? { properties: { ...properties, event_type: { ...type, const: event } } } : {}),
  }
}

/** `V2Notifications` and `V3Notifications`: by event, what a handler wants to know, which is the resource if there is one. */
export const declareEvents = (notifications: readonly Notification[]): string[] =>
  (['v2', 'v3'] as const).map(api => {
    const members = notifications
      .filter(notification => notification.api === api)
      .map(notification => {
        const { event, operation, resource } = notification
        const type = resource ? resourceName(notification) : messageName(notification)
        return `${comment([titleOf(operation, event)], '  ')}  ${quoted(event)}: ${type}\n`
      })
    const what = api === 'v2' ? '`event_type`, or the name that we gave the notification' : '`event_type`'
    return `/** What an API${api} notification says, by its ${what}: the opened resource, or the message itself. */
export interface ${typeName(api)}Notifications {\n${members.join('')}}\n`
  })
