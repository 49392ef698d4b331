import { quoted } from './names.ts'
import type { Notification } from './notification.ts'

/** Writes `event-names.ts`: the events by the names under which a handler is given for them. */
export function writeEventNames(notifications: readonly Notification[]): string {
  const ofV3 = new Set(notifications.filter(({ api }) => api === 'v3').map(({ event }) => event))
  const names = notifications.map(({ api, event }) => (api === 'v2' && ofV3.has(event) ? `v2/${event}` : event))
  return [
    '// Written by scripts/generate.ts from the definitions. Do not edit.',
    '',
    '/** All events that have a definition. One that both APIs have stands for APIv3, and behind `v2/` for APIv2. */',
    'export const eventNames: readonly string[] = [',
    ...[...new Set(names)].sort().map(name => `  ${quoted(name)},`),
    ']',
    '',
  ].join('\n')
}
