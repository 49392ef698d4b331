import { quoted, typeName } from './names.ts'
import { eventNamesOf, type Notification } from './notification.ts'
import { APIS, type Schema } from './openapi.ts'
import { comment, type Declaration, type Printer, titleOf } from './print.ts'
import { FORM_OF } from './shapes.ts'

const messageName = ({ id }: Notification): string => typeName(id)
const resourceName = ({ id }: Notification): string => typeName(id).replace(/Notification$/, 'Resource')

/** Declares the type of a notification, and of the content of its encrypted field. */
export function declareNotification(notification: Notification, printer: Printer): Declaration[] {
  const { event, operation, message, resource } = notification
  const title = comment([titleOf(operation, event)], '')
  const declare = (name: string, { description: _, ...schema }: Schema, kind: 'json' | 'xml') =>
    printer.declaration(name, schema, FORM_OF[kind], title)
  const parts = [declare(messageName(notification), named(message.schema, event), message.kind)]
  if (!resource) return parts
  const { schema, kind } = resource
  const name = resourceName(notification)
  if (!schema.anyOf) return [...parts, declare(name, schema, kind)]
  const products = schema.anyOf.map(part => printer.type(part, FORM_OF[kind], ''))
  return [...parts, `${title}export type ${name} = Either<[${products.join(', ')}]>\n`]
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
 * Declares `V2Notifications`, `V3Notifications` and `BrandNotifications`: the type by event that a handler receives, which is the resource if
 * there is one.
 */
export function declareEvents(notifications: readonly Notification[]): string[] {
  const nameOf = eventNamesOf(notifications)
  return APIS.map(api => {
    const members = notifications
      .filter(notification => notification.api === api)
      .map(notification => {
        const { operation, resource } = notification
        const event = nameOf(notification)
        const type = resource ? resourceName(notification) : messageName(notification)
        return `${comment([titleOf(operation, event)], '  ')}  ${quoted(event)}: ${type}\n`
      })
    const key = api === 'v2' ? '`event_type`, or the name defined by this library' : '`event_type`'
    return `/** Content of API${api} notifications by ${key}: the decrypted resource, or the message itself. */
export interface ${typeName(api)}Notifications {\n${members.join('')}}\n`
  })
}
