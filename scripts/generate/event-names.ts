import { quoted } from './names.ts'
import type { Notification } from './notification.ts'

/** Writes `event-names.ts`: the names under which handlers register for events. */
export function writeEventNames(notifications: readonly Notification[]): string {
  const ofV3 = new Set(notifications.filter(({ api }) => api === 'v3').map(({ event }) => event))
  const names = notifications.map(({ api, event }) => (api === 'v2' && ofV3.has(event) ? `v2/${event}` : event))
  return [
    '// Written by scripts/generate.ts from the definitions. Do not edit.',
    '',
    '/** All defined events. A name that both APIs use denotes the APIv3 event; the APIv2 event has the prefix `v2/`. */',
    'export const eventNames: readonly string[] = [',
    ...[...new Set(names)].sort().map(name => `  ${quoted(name)},`),
    ']',
    '',
  ].join('\n')
}
