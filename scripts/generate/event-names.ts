import { quoted } from './names.ts'
import { eventNamesOf, type Notification } from './notification.ts'

/** Writes `event-names.ts`: the names under which handlers register for events, and which of them APIv2 and the brand API own. */
export function writeEventNames(notifications: readonly Notification[]): string {
  const nameOf = eventNamesOf(notifications)
  const ofBrand = notifications.filter(({ api }) => api === 'brand').map(nameOf)
  const ofV2 = notifications.filter(({ api }) => api === 'v2').map(nameOf)
  return [
    '// Written by scripts/generate.ts from the definitions. Do not edit.',
    '',
    '/** All defined events. A name that APIv2 and another API use denotes the event of the other; the APIv2 event has the prefix `v2/`. */',
    'export const eventNames: readonly string[] = [',
    ...notifications
      .map(nameOf)
      .sort()
      .map(name => `  ${quoted(name)},`),
    ']',
    '',
    '/** The events of the brand API. */',
    'export const brandEventNames: readonly string[] = [',
    ...ofBrand.sort().map(name => `  ${quoted(name)},`),
    ']',
    '',
    '/** The events of APIv2 whose name no other API has. */',
    'export const v2EventNames: readonly string[] = [',
    ...ofV2
      .filter(name => !name.startsWith('v2/'))
      .sort()
      .map(name => `  ${quoted(name)},`),
    ']',
    '',
  ].join('\n')
}
