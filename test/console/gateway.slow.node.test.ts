/** The views of the gateway: each action, hostile text, other pages, a gateway that goes away, and how it all looks. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser, BrowserContextOptions, Page } from 'playwright'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { listenHttp } from '../../src/server/http.ts'
import { createSimulatorMount, isControlPath } from '../../src/simulator/index.ts'
import { createTestGateway, json, killDelivery, nativeOrder, payOrder } from '../gateway/test-gateway.ts'
import { accessibilityViolations, DESKTOP, launchChromium, openPage, PHONE } from './console-page.ts'
import { type ServedGateway, serveGateway, signIn } from './gateway-page.ts'

let browser: Browser
let one: ServedGateway
let page: Page
let errors: string[]
beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser.close())
beforeEach(async () => {
  one = await serveGateway()
  return async () => {
    await page.context().close()
    await one.stop()
  }
})

const unexpected = (): string[] => errors.filter(text => !/status of (401|404|503)|ERR_CONNECTION/.test(text))
async function open(view: string, options: BrowserContextOptions = DESKTOP): Promise<void> {
  ;({ page, errors } = await openPage(browser, `${one.url}/console/#/${view}`, options))
  await signIn(page)
  await page.locator('.gateway-bar .dim').waitFor()
}
const item = (text: string) => page.locator('.items > li').filter({ hasText: text })
const button = (name: string) => page.getByRole('button', { name })
async function confirm(name: string): Promise<void> {
  await button(name).click()
  await button('Yes').click()
}

/** Places an order whose fate nobody knows: it was sent, and nothing came back. */
async function placeInDoubt(number: string): Promise<void> {
  one.simulator.faults.add({ kind: 'lost-response', path: '/v3/refund/domestic/refunds', count: 1 })
  const refund = {
    out_trade_no: number,
    out_refund_no: `R${number}`,
    amount: { refund: 1, total: 100, currency: 'CNY' },
  }
  await one.call('/v3/refund/domestic/refunds', json(refund))
  one.simulator.faults.add({ kind: 'status', status: 500, path: '/v3/refund/domestic/refunds/*' })
  for (let hour = 0; hour < 80; hour++) {
    one.clock.now += 3_600_000
    await one.gateway.sweep()
  }
}

describe('each action', () => {
  test('sends an event again', async () => {
    await payOrder(one, 'S-00001')
    await one.drain()
    await open('events')
    await page.getByRole('link', { name: 'TRANSACTION.SUCCESS' }).click()
    await page.locator('.items').getByText('Delivered', { exact: true }).waitFor()
    await page.getByText('1 attempt').click()
    await page.getByRole('cell', { name: '204' }).waitFor()
    await confirm('Send to all subscribed endpoints')
    await page.getByText('1 delivery is on its way.').waitFor()
    await one.drain()
    expect(one.shop.received.map(({ id }) => id)).toEqual([one.shop.received[0]!.id, one.shop.received[0]!.id])
    expect(unexpected()).toEqual([])
  })

  test('delivers all dead letters again', async () => {
    for (const number of ['S-00001', 'S-00002']) await payOrder(one, number)
    for (const job of one.jobs.splice(0)) await killDelivery(one, job)
    await open('deliveries')
    await confirm('Retry all that were given up')
    await page.getByText('2 deliveries are on their way.').waitFor()
    expect(one.jobs).toHaveLength(2)
  })

  test('shows why an attempt failed', async () => {
    one.shop.answer = () => new Response(null, { status: 500 })
    await payOrder(one, 'S-00001')
    await one.drain()
    await open('deliveries')
    await page.getByText('1 attempt').click()
    await page.getByRole('cell', { name: '500 STATUS' }).waitFor()
    await page.getByRole('cell', { name: 'shop.example.com' }).waitFor()
    expect(unexpected()).toEqual([])
  })

  test('counts all attempts of a delivery that is retried', async () => {
    await payOrder(one, 'S-00001')
    await one.drain()
    await open('deliveries')
    await page.getByText('1 attempt', { exact: true }).waitFor()
    await confirm('Retry this delivery: shop')
    await page.getByText('1 delivery is on its way.').waitFor()
    await one.drain()
    await page.getByText('2 attempts', { exact: true }).click()
    await expect.poll(() => page.getByRole('cell', { name: '204' }).count()).toBe(2)
  })

  test('sweeps', async () => {
    await payOrder(one, 'S-00001')
    one.jobs.splice(0)
    one.clock.now += 600_000
    await open('overview')
    await page.locator('section > p').getByText('No sweep has ended yet.').waitFor()
    await confirm('Sweep now')
    await page.getByText('Enqueued 1, queried').waitFor()
    await page.locator('section > p').getByText('The last sweep ended at').waitFor()
    expect(one.jobs).toHaveLength(1)
  })

  test('queries a call in doubt again, and dismisses it', async () => {
    await payOrder(one, 'S-00001')
    await placeInDoubt('S-00001')
    await open('doubts')
    await item('RS-00001').waitFor()
    await confirm('Query again: RS-00001')
    await page.getByText('The next sweep queries it.').waitFor()
    await confirm('Dismiss: RS-00001')
    await page.getByText('Dismissed.', { exact: true }).waitFor()
    await page.getByText('No call is in doubt.').waitFor()
    expect(unexpected()).toEqual([])
  })

  test('checks with WeChat Pay', async () => {
    await open('overview')
    await page.getByRole('switch', { name: 'Check with WeChat Pay too' }).click()
    await page.getByText('checks, all well').click()
    await item('signed_call').waitFor()
  })

  test('reads the calls of all callers with one request at each event', async () => {
    await open('audit')
    await page.getByText('Live', { exact: true }).waitFor()
    const paths: string[] = []
    page.on('request', request => paths.push(new URL(request.url()).pathname))
    await payOrder(one, 'S-00001')
    await item('/v3/pay/transactions/native').getByText('admin').waitFor()
    expect(paths).toContain('/admin/calls')
    expect(paths.filter(path => path.startsWith('/admin/callers/'))).toEqual([])
    expect(unexpected()).toEqual([])
  })

  test('shows the calls of all callers, each with the amount that it has', async () => {
    await payOrder(one, 'S-00001')
    await one.call('/v3/pay/transactions/out-trade-no/S-00002/close', json({ mchid: one.mchid }))
    await open('audit')
    await item('/v3/pay/transactions/native').getByText('admin').waitFor()
    expect(await item('/v3/pay/transactions/native').locator('strong').count()).toBe(1)
    expect(await item('/close').locator('strong').count()).toBe(0)
    await page.getByLabel('Caller').selectOption('shop')
    await page.getByText('Nothing has been changed yet.').waitFor()
    expect(unexpected()).toEqual([])
  })

  test('reads older events', async () => {
    for (let at = 0; at < 60; at++) await payOrder(one, `S-1${String(at).padStart(4, '0')}`)
    await open('events')
    await expect.poll(() => item('S-1').count()).toBe(50)
    await button('Older').click()
    await expect.poll(() => item('S-1').count()).toBe(60)
    await payOrder(one, 'S-20000')
    await item('S-20000').waitFor()
    expect(await item('S-1').count()).toBe(60)
  })
})

test('charts show what happened, with the latest values as text', async () => {
  for (let minute = 0; minute < 5; minute++) {
    await one.gateway.sweep()
    one.clock.now += 60_000
    await payOrder(one, `C-0000${minute}`)
    await one.drain()
  }
  await open('overview')
  await page.getByRole('img', { name: 'Calls to WeChat Pay, per minute: successful 1, failed 0' }).waitFor()
  await page.getByRole('img', { name: 'Notifications, per minute: recorded 1, repeated 0, refused 0' }).waitFor()
  await page
    .getByRole('img', { name: 'Deliveries, each attempt, per minute: delivered 1, failed 0, given up 0' })
    .waitFor()
  expect(await page.locator('.chart path').first().getAttribute('d')).toMatch(/^M0 \d.*(L[\d.]+ [\d.]+){4}$/)
  await page.getByLabel('Time').selectOption('24')
  await page.getByRole('img', { name: 'Duration of calls' }).waitFor()
  await page.getByRole('button', { name: '中文' }).click()
  await page.getByRole('heading', { name: '对微信支付的调用（每分钟）', exact: true }).waitFor()
  expect(unexpected()).toEqual([])
})

describe('hostile text', () => {
  const HOSTILE = '"><img src=x onerror=alert(1)><script>alert(2)</script>{{7*7}}'

  test('stays text wherever it is shown', async () => {
    one.shop.answer = () => new Response(HOSTILE, { status: 500, headers: { 'content-type': 'text/html' } })
    const attach = { attach: HOSTILE, description: HOSTILE }
    await one.call('/v3/pay/transactions/native', json(nativeOrder(one, 'H-00001', attach)))
    one.simulator.pay({ out_trade_no: 'H-00001' })
    await one.simulator.settled()
    await one.drain()
    await one.call(`/v3/pay/transactions/out-trade-no/${encodeURIComponent(HOSTILE)}/close`, json({}))
    await open('events')
    await page.getByRole('link', { name: 'TRANSACTION.SUCCESS' }).click()
    await page.getByText('The text that endpoints are sent').click()
    await page.locator('pre').getByText('onerror=alert(1)').waitFor()
    await page.getByRole('link', { name: 'Events' }).click()
    await page.getByRole('searchbox').fill(HOSTILE)
    await button('Search').click()
    await page.getByText('No event has the number').waitFor()
    await page.getByRole('link', { name: 'Audit trail' }).click()
    await item('/v3/pay/transactions').first().waitFor()
    expect(await page.locator('.gateway img, .gateway script').count()).toBe(0)
    expect(unexpected()).toEqual([])
  })
})

describe('a page that is not the console', () => {
  let other: Server
  let otherUrl: string
  beforeEach(async () => {
    other = createServer((_, response) =>
      response.setHeader('Content-Type', 'text/html').end(`<!doctype html><iframe src="${one.url}/console/"></iframe>`),
    )
    await new Promise<void>(resolve => other.listen(0, '127.0.0.1', resolve))
    otherUrl = `http://127.0.0.1:${(other.address() as AddressInfo).port}`
    return () => void other.close()
  })

  test('on another port of the same host, to which browsers send the cookie, neither reads nor acts nor frames', async () => {
    const context = await browser.newContext(DESKTOP)
    page = await context.newPage()
    await page.goto(`${one.url}/console/#/events`)
    await signIn(page)
    await page.getByText('Signed in as admin').waitFor()
    const attacker = await context.newPage()
    await attacker.goto(otherUrl)
    const outcomes = await attacker.evaluate(async url => {
      const attempt = async (path: string, init: RequestInit): Promise<string> =>
        fetch(url + path, { credentials: 'include', ...init }).then(
          async response => `${response.type} ${response.status} ${await response.text()}`,
          () => 'blocked',
        )
      return [
        await attempt('/admin/session', {}),
        await attempt('/admin/merchants', {}),
        await attempt('/admin/sweep', { method: 'POST', mode: 'no-cors' }),
        await attempt('/admin/sweep', {
          method: 'POST',
          mode: 'no-cors',
          headers: { 'content-type': 'text/plain' },
          body: '{}',
        }),
        await attempt('/admin/sweep', { method: 'POST', headers: { 'Wechatpay-Edge-Csrf': 'x' } }),
      ]
    }, one.url)
    expect(outcomes).toEqual(['blocked', 'blocked', 'opaque 0 ', 'opaque 0 ', 'blocked'])
    expect(one.logged.filter(line => line.includes('"swept"'))).toEqual([])
    expect(one.logged.filter(line => line.includes('CROSS_SITE')).length).toBeGreaterThanOrEqual(4)
    const frame = attacker.frames().find(candidate => candidate !== attacker.mainFrame())
    expect(await frame?.locator('#app').count()).toBe(0)
  })
})

test('a gateway that goes away is missed, and what was recorded meanwhile is shown when it is back', async () => {
  await payOrder(one, 'W-00001')
  await open('events')
  await item('W-00001').waitFor()
  await page.getByText('Live', { exact: true }).waitFor()
  one.gateway.endStreams()
  await one.stop()
  await page.getByText('The gateway does not respond.').waitFor()
  await item('W-00001').waitFor()
  await payOrder(one, 'W-00002')
  await one.start()
  await item('W-00002').waitFor()
  expect(unexpected()).toEqual([])
})

test('an action while the gateway is away says that nothing is known', async () => {
  await payOrder(one, 'W-00001')
  await open('deliveries')
  await item('shop').waitFor()
  await one.stop()
  await confirm('Retry this delivery: shop')
  await page.getByRole('alert').getByText('Nothing is known to be done').waitFor()
  await one.start()
})

const VIEWS = ['overview', 'events', 'events/detail', 'deliveries', 'doubts', 'audit']

test.each(VIEWS)(
  'axe objects to nothing in %s, in both languages, on a phone and a desktop; nothing is wider than the screen',
  async view => {
    one.shop.answer = () => new Response('x'.repeat(300), { status: 500 })
    await payOrder(one, 'A-00001')
    await one.drain()
    await placeInDoubt('A-00001')
    const address = view === 'events/detail' ? `events/${one.mchid}/1` : view
    for (const size of [PHONE, DESKTOP])
      for (const [locale, colorScheme] of [
        ['en-US', 'light'],
        ['zh-CN', 'dark'],
      ] as const) {
        await open(address, { ...size, locale, colorScheme })
        await page.locator('.items li').first().waitFor()
        for (const summary of await page.locator('summary').all()) await summary.click()
        if (view === 'overview') await page.locator('.chart').first().waitFor()
        expect(await accessibilityViolations(page)).toEqual([])
        expect(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)).toBe(false)
        expect(unexpected()).toEqual([])
        if (size !== DESKTOP || locale !== 'zh-CN') await page.context().close()
      }
  },
)

test('a gateway without tokens, beside its simulator, shows the views of both, and asks nobody to sign in', async () => {
  const demo = await createTestGateway()
  const mount = createSimulatorMount(demo.simulator, { hasGateway: true })
  const { port, close } = await listenHttp({
    fetch: request => (isControlPath(new URL(request.url).pathname) ? mount(request) : demo.gateway.fetch(request)),
    hostname: '127.0.0.1',
    port: 0,
  })
  await payOrder(demo, 'D-00001')
  ;({ page, errors } = await openPage(browser, `http://127.0.0.1:${port}/console/`))
  await page.locator('.row').filter({ hasText: 'D-00001' }).first().waitFor()
  await page.getByRole('link', { name: 'Deliveries' }).click()
  await page.getByText('Signed in as shop').waitFor()
  expect(await page.title()).toBe('WeChat Pay gateway')
  await confirm('Retry this delivery: shop')
  await page.getByText('1 delivery is on its way.').waitFor()
  expect(await button('Sign out').count()).toBe(0)
  await page.getByRole('link', { name: 'Timeline' }).click()
  await page.locator('.row').first().waitFor()
  expect(await page.title()).toBe('WeChat Pay simulator')
  expect(errors).toEqual([])
  await close()
})

test('the keyboard alone signs in, opens an event, and answers a question', async () => {
  await payOrder(one, 'K-00001')
  ;({ page, errors } = await openPage(browser, `${one.url}/console/#/events`))
  await page.getByRole('dialog').waitFor()
  const { TOKEN } = await import('./gateway-page.ts')
  await page.keyboard.type(TOKEN)
  await page.keyboard.press('Enter')
  await item('K-00001').waitFor()
  await page.getByRole('link', { name: 'TRANSACTION.SUCCESS' }).focus()
  await page.keyboard.press('Enter')
  await button('Send to all subscribed endpoints').focus()
  await page.keyboard.press('Enter')
  await page.getByText('Send this event again').waitFor()
  await page.keyboard.press('Escape')
  await button('Send to all subscribed endpoints').waitFor()
  one.jobs.splice(0)
  await button('Send to all subscribed endpoints').focus()
  await page.keyboard.press('Enter')
  await page.getByText('Send this event again').waitFor()
  await page.keyboard.press('Shift+Tab')
  await page.keyboard.press('Enter')
  await page.getByText('1 delivery is on its way.').waitFor()
  expect(one.jobs).toHaveLength(1)
})
