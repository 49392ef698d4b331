import { fieldsOf } from './fields.ts'
import { quoted } from './names.ts'
import type { Notification } from './notification.ts'
import { type Document, isJson, type Schema } from './openapi.ts'

/** Writes `notification-traits.ts`: what within a notification's resource is sealed once more, or JSON in a string. */
export function writeNotificationTraits(document: Document, notifications: readonly Notification[]): string {
  const lines = notifications.flatMap(({ api, event, message, resource }) => {
    const fields = [...fieldsOf(document, (resource ?? message).schema)]
    const open = paths(fields, field => (field.items ?? field)['x-encrypted'] === 'rsa')
    const json = paths(fields, field => isJson(field.contentMediaType ?? '') && !field['x-encrypted'])
    const members = [...list('open', open), ...list('json', json)]
    return members.length > 0 ? [`  ${quoted(api === 'v2' ? `v2/${event}` : event)}: { ${members.join(', ')} },`] : []
  })
  return [
    '// Written by scripts/generate.ts from the definitions. Do not edit.',
    "import type { NotificationTrait } from '../trait.ts'",
    '',
    '/** By event, an APIv2 one behind `v2/`. A notification that is not here is plain. */',
    'export const notificationTraits: Readonly<Record<string, NotificationTrait>> = {',
    ...lines,
    '}',
    '',
  ].join('\n')
}

const paths = (fields: readonly [string, Schema][], wanted: (field: Schema) => boolean): string[] => [
  ...new Set(fields.filter(([, field]) => wanted(field)).map(([path]) => path)),
]

const list = (name: string, found: readonly string[]): string[] =>
  found.length > 0 ? [`${name}: [${found.map(quoted).join(', ')}]`] : []
