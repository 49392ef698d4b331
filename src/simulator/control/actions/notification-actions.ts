import type { NotificationRequest } from '../../notification/control.ts'
import { FLAWS } from '../../notification/notification.ts'
import { type Action, get, INTEGER, oneOf, optional, post, TEXT } from '../action.ts'
import type { InputFields } from '../input.ts'

const NOTIFICATION: InputFields = {
  url: TEXT,
  event: TEXT,
  resource: optional({ kind: 'object' }),
  fields: optional({ kind: 'object' }),
  api: optional(oneOf('v3', 'v2', 'brand')),
  reference: optional(TEXT),
  mchid: optional(TEXT),
  original_type: optional(TEXT),
  summary: optional(TEXT),
  sign_type: optional(oneOf('MD5', 'HMAC-SHA256')),
  flaw: optional(oneOf(...FLAWS)),
  once: optional({ kind: 'boolean' }),
}

/** Notifications on demand. */
export const notificationActions: readonly Action[] = [
  {
    ...get(
      '/notifications',
      'Lists the notifications, with their attempts and the responses; with ?max=100 only the last 100.',
      (sim, _input, _id, { request }) => lastOf(sim.notifications, new URL(request.url).searchParams.get('max')),
    ),
    query: { max: optional(INTEGER) },
  },
  post(
    '/notifications',
    NOTIFICATION,
    "Sends any notification, with a sample resource by default; responds with the merchant's response.",
    (sim, request) => sim.notify.send(request as NotificationRequest),
  ),
  post('/notifications/hold', {}, 'Holds notifications back.', sim => sim.notify.hold()),
  post(
    '/notifications/release',
    { order: optional(oneOf('given', 'reversed')) },
    'Sends the notifications that were held back, the newest first if reversed.',
    (sim, { order }) => sim.notify.release({ order }),
  ),
  post(
    '/notifications/{id}/repeat',
    { url: optional(TEXT) },
    'Sends a notification again, to its own address or to another.',
    (sim, { url }, id) => sim.notify.repeat(id, { url }),
  ),
  post(
    '/notifications/{id}/probe',
    {},
    'Sends it with a probe as its signature, which must be refused.',
    (sim, _, id) => sim.notify.probe(id),
  ),
  post('/notifications/{id}/stale', {}, 'Sends it signed ten minutes ago, which must be refused.', (sim, _, id) =>
    sim.notify.stale(id),
  ),
  post('/notifications/{id}/tampered', {}, 'Sends it changed after signing, which must be refused.', (sim, _, id) =>
    sim.notify.tampered(id),
  ),
]

/** @param max a number in digits, or anything else for all */
const lastOf = <T>(list: readonly T[], max: string | null): readonly T[] =>
  max !== null && /^[1-9]\d{0,5}$/.test(max) ? list.slice(-Number(max)) : list
