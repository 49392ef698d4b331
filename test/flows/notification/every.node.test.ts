import { describe, expect, it } from 'vitest'
import { notificationsOf } from '../../../scripts/generate/notification.ts'
import { type Notification, Wechatpay } from '../../../src/core/index.ts'
import {
  createNotificationHandler,
  type NotificationHandlerOptions,
  type NotificationHandlers,
  type NotificationSummary,
} from '../../../src/flows/notification/index.ts'
import { createSimulator, type NotificationRequest } from '../../../src/simulator/index.ts'
import { questions } from '../../catalogue/events.ts'
import { document } from '../../simulator/definition.node.ts'

const defined = notificationsOf(document)
const events = { v3: new Set<string>(), v2: new Set<string>(), brand: new Set<string>() }
for (const { api, event } of defined) events[api].add(event)
/** The name of an event, as notifications and handlers have it. */
const keyOf = ({ api, event }: (typeof defined)[number]): string =>
  api === 'v2' && events.v3.has(event) ? `v2/${event}` : event
const demandOf = ({ api, event }: (typeof defined)[number]) =>
  ({ api, event, url: 'https://merchant.example/notify' }) as NotificationRequest

async function setUp(options: NotificationHandlerOptions = {}) {
  const handled: { key: string; notification: Notification }[] = []
  const errors: { error: unknown; about: NotificationSummary }[] = []
  const entries = defined.map(definition => {
    const key = keyOf(definition)
    const handle = (notification: Notification) => {
      handled.push({ key, notification })
      return questions.includes(key) ? { answer: key } : { not: 'sent' }
    }
    return [key, handle] as const
  })
  const simulator = await createSimulator({
    seed: 'every notification',
    brandId: '40001',
    deliver: (input, init) => handler(new Request(input, init)),
  })
  const wechatpay = new Wechatpay({ ...simulator.merchant, brand: simulator.brand!, fetch: simulator.fetch })
  const handler = createNotificationHandler(wechatpay, Object.fromEntries(entries) as NotificationHandlers, {
    onError: (error, about) => errors.push({ error, about }),
    // The orders and refunds that these tell of never were.
    trustUnconfirmedV2: true,
    ...options,
  })
  return { simulator, handled, errors }
}

describe('each of the 119 notifications', () => {
  it('reaches the handler of its name, and no other, and is delivered', async () => {
    const { simulator, handled, errors } = await setUp()
    for (const definition of defined) {
      const sent = await simulator.notify.send(demandOf(definition))
      const last = handled.at(-1)!
      expect([last.key, last.notification.api, last.notification.event, sent.state]).toEqual([
        keyOf(definition),
        definition.api,
        keyOf(definition),
        'delivered',
      ])
      const { status, responseBody } = sent.attempts[0]!
      if (questions.includes(last.key)) expect(JSON.parse(responseBody!)).toEqual({ answer: last.key })
      else if (definition.api !== 'v2') expect([status, responseBody]).toEqual([204, undefined])
      else expect(responseBody).toContain('<return_code>SUCCESS</return_code>')
    }
    expect([handled.length, errors]).toEqual([119, []])
  })

  it('is handled once when it is repeated, but for those that ask', async () => {
    const done = new Set<string>()
    const { simulator, handled } = await setUp({ seen: id => done.has(id), remember: id => done.add(id) })
    for (const definition of defined) {
      const { id } = await simulator.notify.send(demandOf(definition))
      expect((await simulator.notify.repeat(id)).status).toBeLessThan(300)
    }
    const twice = handled.map(({ key }) => key).filter((key, at, all) => all.indexOf(key) !== at)
    expect(twice.sort()).toEqual([...questions].sort())
    expect(done.size).toBe(119 - questions.length)
  })

  it('is taken in the reversed order', async () => {
    const { simulator, handled, errors } = await setUp()
    simulator.notify.hold()
    for (const definition of defined) await simulator.notify.send(demandOf(definition))
    await simulator.notify.release({ order: 'reversed' })
    expect(handled.map(({ key }) => key)).toEqual(defined.map(keyOf).reverse())
    expect(errors).toEqual([])
  })

  it('is refused when it was tampered with', async () => {
    const { simulator, handled, errors } = await setUp()
    for (const definition of defined) {
      const { id } = await simulator.notify.send(demandOf(definition))
      const before = handled.length
      const { status, responseBody } = await simulator.notify.tampered(id)
      expect(handled).toHaveLength(before)
      if (status === 200) expect(responseBody).toContain('<return_code>FAIL</return_code>')
      else expect(status).toBeGreaterThanOrEqual(400)
    }
    expect(errors).toHaveLength(119)
    for (const { error, about } of errors)
      expect([error, about]).toEqual([expect.objectContaining({ name: 'NotificationError' }), {}])
  })

  it('is refused as a probe and stale, where its headers have a signature', async () => {
    const { simulator, errors } = await setUp()
    for (const definition of defined.filter(({ api }) => api !== 'v2')) {
      const { id } = await simulator.notify.send(demandOf(definition))
      expect((await simulator.notify.probe(id)).status).toBe(401)
      expect((await simulator.notify.stale(id)).status).toBe(401)
    }
    const codes = errors.map(({ error }) => (error as { code: string }).code)
    expect([codes.length, new Set(codes)]).toEqual([218, new Set(['SIGNATURE_PROBE', 'SIGNATURE_STALE'])])
  })
})

it('the events that APIv2 and APIv3 have are the two whose name begins with v2/', () => {
  expect([...events.v2].filter(event => events.v3.has(event)).sort()).toEqual([
    'TRANSACTION.FAIL',
    'TRANSACTION.SUCCESS',
  ])
})
