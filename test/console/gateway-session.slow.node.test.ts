/** The session, the stream and the lists of the gateway's views where something stands in the way. */
import type { Browser, Page } from 'playwright'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { hashOf } from '../../src/gateway/caller/token.ts'
import { payOrder } from '../gateway/test-gateway.ts'
import { launchChromium, openPage } from './console-page.ts'
import { type ServedGateway, serveGateway, signIn, TOKEN } from './gateway-page.ts'

let browser: Browser
let one: ServedGateway
let page: Page
beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser.close())
beforeEach(() => async () => {
  await page.context().close()
  await one.stop()
})

async function open(view: string, ...options: Parameters<typeof serveGateway>): Promise<void> {
  one = await serveGateway(...options)
  ;({ page } = await openPage(browser, `${one.url}/console/#/${view}`))
}
async function openSignedIn(view: string, ...options: Parameters<typeof serveGateway>): Promise<void> {
  await open(view, ...options)
  await signIn(page)
  await page.getByText('Signed in as admin').waitFor()
}
function deferred() {
  let resolve = (): void => {}
  const promise = new Promise<void>(settle => {
    resolve = settle
  })
  return { promise, resolve }
}
const items = () => page.locator('.items > li')
const button = (name: string) => page.getByRole('button', { name })
const status = () => page.locator('.connection')
const streamsEnded = (): number => one.logged.filter(line => line.includes('"event stream"')).length

/** Tells the page that its tab is hidden, or shown again, as a browser does. */
const setHidden = (isHidden: boolean): Promise<void> =>
  page.evaluate(value => {
    Object.defineProperty(document, 'hidden', { value, configurable: true })
    document.dispatchEvent(new Event('visibilitychange'))
  }, isHidden)

test('an operator who may only look signs out', async () => {
  const credential = { tokens: [await hashOf(TOKEN)] }
  await openSignedIn('events', { callers: [{ name: 'admin', credential, allow: ['GET /admin/**'] }] })
  await button('Sign out').click()
  await page.getByRole('dialog').getByText('Sign in to the gateway').waitFor()
})

test.each(['before', 'after'])(
  'a stream that is refused %s the page hears that it is signed out does not say that the session has ended',
  async order => {
    const [refused, release] = [deferred(), deferred()]
    await openSignedIn('events', {}, async (request, send) => {
      const response = await send(request)
      const isStream = request.url.endsWith('/stream') && response.status === 401
      if (isStream) refused.resolve()
      // The cookie still is that of the session when the page follows the events again.
      if (request.method === 'DELETE') await refused.promise
      if (isStream ? order === 'after' : request.method === 'DELETE' && order === 'before') await release.promise
      return response
    })
    await expect.poll(() => status().textContent()).toBe('Live')
    const [dialog, ended] = [page.getByRole('dialog'), page.getByText('The session has ended')]
    const isStream = (exchange: { url: () => string }) => exchange.url().endsWith('/stream')
    // Signed out, the page does not wait for it.
    const answer =
      order === 'before'
        ? page.waitForResponse(response => isStream(response) && response.status() === 401)
        : page.waitForEvent('requestfailed', isStream)
    await button('Sign out').click()
    if (order === 'after') {
      await dialog.getByText('Sign in to the gateway').waitFor()
      release.resolve()
    }
    const answered = await answer
    if ('finished' in answered) await answered.finished()
    // Longer than the page takes to show it.
    await page.waitForTimeout(300)
    expect(await ended.count()).toBe(0)
    if (order === 'before') {
      expect(await dialog.count()).toBe(0)
      release.resolve()
      await dialog.getByText('Sign in to the gateway').waitFor()
    }
    expect(await ended.count()).toBe(0)
    await signIn(page)
    await expect.poll(() => status().textContent()).toBe('Live')
  },
)

const OTHER_TOKEN = 'wxe_other_0123456789abcdef0123456789abcdef'
const callers = async () => [
  { name: 'admin', credential: { tokens: [await hashOf(TOKEN)] }, allow: ['* /**'] },
  {
    name: 'other',
    credential: { tokens: [await hashOf(OTHER_TOKEN)] },
    allow: ['* /admin/session', 'GET /admin/merchants'],
  },
]
const OPENID = '"openid"'
/** The whole document, also the parts that a dialog covers. */
const documentText = (): Promise<string> => page.evaluate(() => document.documentElement.outerHTML)

/** Opens the first event, whose text has an `openid`. */
async function openEvent(): Promise<void> {
  await openSignedIn('events', { callers: await callers() })
  await payOrder(one, 'Q-00001')
  await page.getByRole('link', { name: 'TRANSACTION.SUCCESS' }).first().click()
  await page.getByText('The text that endpoints are sent').click()
  await page.locator('pre').getByText(OPENID).waitFor()
}

test('signing out leaves nothing of the data on the page, nor for the caller who signs in next', async () => {
  await openEvent()
  await button('Sign out').click()
  await page.getByRole('dialog').getByText('Sign in to the gateway').waitFor()
  for (const text of [OPENID, one.mchid, 'Q-00001']) expect(await documentText()).not.toContain(text)
  await signIn(page, OTHER_TOKEN)
  await page.getByText('Signed in as other').waitFor()
  for (const text of [OPENID, 'Q-00001']) expect(await page.locator('main').innerText()).not.toContain(text)
})

test('the number that an operator has searched for is not that of the next one', async () => {
  await openSignedIn('events', { callers: await callers() })
  const number = page.getByRole('searchbox')
  await number.fill('Q-00001')
  await button('Search').click()
  await page.getByText('Q-00001').waitFor()
  await page.goto(`${one.url}/console/#/deliveries`)
  await page.getByRole('heading').or(page.getByText('None.')).first().waitFor()
  await page.goto(`${one.url}/console/#/events`)
  expect(await number.inputValue()).toBe('Q-00001')
  await button('Sign out').click()
  await page.getByRole('dialog').getByText('Sign in to the gateway').waitFor()
  await signIn(page, OTHER_TOKEN)
  await page.getByText('Signed in as other').waitFor()
  expect(await number.inputValue()).toBe('')
})

test('a text that can be read again is shown without the earlier problem', async () => {
  let isAway = true
  await openSignedIn('events', {}, async (request, send) =>
    isAway && request.url.endsWith('/message')
      ? Response.json({ code: 'LEDGER_UNAVAILABLE', detail: 'The ledger is away.' }, { status: 503 })
      : send(request),
  )
  await payOrder(one, 'Q-00001')
  await page.getByRole('link', { name: 'TRANSACTION.SUCCESS' }).first().click()
  const summary = page.getByText('The text that endpoints are sent')
  await summary.click()
  const problem = page.locator('details .problem')
  await problem.waitFor()
  isAway = false
  await summary.click()
  await summary.click()
  await page.locator('pre').getByText(OPENID).waitFor()
  expect(await problem.count()).toBe(0)
})

test('a session that ends elsewhere leaves the view to its operator, and not to another caller', async () => {
  await openEvent()
  await page.context().clearCookies()
  await page.getByText('The session has ended').waitFor()
  expect(await documentText()).toContain(OPENID)
  await signIn(page, OTHER_TOKEN)
  await page.getByText('Signed in as other').waitFor()
  expect(await documentText()).not.toContain(OPENID)
})

test('signing out on one page signs out the other pages of the browser too', async () => {
  await openEvent()
  const [second] = await Promise.all([
    page.waitForEvent('popup'),
    page.evaluate(() => void window.open('/console/#/deliveries', '_blank', 'noopener')),
  ])
  await second.getByText('Signed in as admin').waitFor()
  await second.getByRole('button', { name: 'Sign out' }).click()
  await page.getByRole('dialog').getByText('Sign in to the gateway').waitFor()
  expect(await documentText()).not.toContain(OPENID)
})

test('a page that shows something else follows the session of the other pages', async () => {
  await openEvent()
  const [second] = await Promise.all([
    page.waitForEvent('popup'),
    page.evaluate(() => void window.open('/console/#/deliveries', '_blank', 'noopener')),
  ])
  await second.getByText('Signed in as admin').waitFor()
  const go = (hash: string) =>
    page.evaluate(place => {
      location.hash = place
    }, hash)
  await go('#/explorer')
  await page.getByRole('searchbox').waitFor()
  await second.getByRole('button', { name: 'Sign out' }).click()
  await signIn(second, OTHER_TOKEN)
  await second.getByText('Signed in as other').waitFor()
  await go('#/deliveries')
  await page.getByText('Signed in as other').waitFor()
  expect(await documentText()).not.toContain(OPENID)
})

test('the audit trail says that it is loading, and opens with the calls of all callers', async () => {
  const [asked, release] = [deferred(), deferred()]
  const [admin, other] = await callers()
  await open('audit', { callers: [other!, admin!] }, async (request, send) => {
    if (request.url.endsWith('/admin/callers')) {
      asked.resolve()
      await release.promise
    }
    return send(request)
  })
  await signIn(page)
  await asked.promise
  await page.locator('main [aria-busy=true]').getByText('Loading').waitFor()
  release.resolve()
  await page.getByRole('option', { name: 'All callers' }).waitFor({ state: 'attached' })
  expect(await page.getByLabel('Caller').inputValue()).toBe('')
  await expect.poll(() => page.locator('main [aria-busy]').count()).toBe(0)
})

test('signing out that fails says that the session lasts', async () => {
  await openSignedIn('events')
  await page.route('**/admin/session', route =>
    route.fulfill({ status: 503, json: { code: 'LEDGER_UNAVAILABLE', detail: 'The ledger is away.' } }),
  )
  await button('Sign out').click()
  await page.getByRole('alert').getByText('You are still signed in. The ledger is away.').waitFor()
  expect(await page.getByRole('dialog').count()).toBe(0)
})

test('a caller who may not see the console is told so, asked once, and may sign in with a token', async () => {
  let asked = 0
  const shop = { name: 'shop', credential: { tokens: [] }, allow: ['* /v3/**'] }
  await open('events', {
    authenticate: async () => {
      asked++
      return shop
    },
  })
  await page.getByRole('alert').getByText('shop may not call GET /admin/session.').waitFor()
  const before = asked
  await page.waitForTimeout(2_500)
  expect(asked).toBe(before)
  await button('Sign in').click()
  await signIn(page)
  await page.getByText('Signed in as admin').waitFor()
  expect(await page.getByText('may not call').count()).toBe(0)
})

test('older rows that have left the list are not shown any more, and others are as they are now', async () => {
  await openSignedIn('deliveries')
  for (let at = 0; at < 60; at++) await payOrder(one, `O-${String(at).padStart(5, '0')}`)
  await page.locator('select').last().selectOption('pending')
  await expect.poll(() => items().count()).toBe(50)
  await button('Older').click()
  await expect.poll(() => items().count()).toBe(60)
  await one.drain()
  await expect.poll(() => items().count()).toBe(0)
  await page.locator('select').last().selectOption('all')
  await expect.poll(() => items().count()).toBe(50)
})

test('older rows that arrive late are not put into the list of another filter', async () => {
  await openSignedIn('deliveries')
  for (let at = 0; at < 60; at++) await payOrder(one, `O-${String(at).padStart(5, '0')}`)
  await one.drain()
  await expect.poll(() => items().count()).toBe(50)
  let answer = (): void => {}
  const isHeld = new Promise<void>(resolve => {
    void page.route(/deliveries\?limit=100$/, async route => {
      resolve()
      await new Promise<void>(release => {
        answer = release
      })
      await route.continue()
    })
  })
  await button('Older').click()
  await isHeld
  await page.locator('select').last().selectOption('dead')
  await page.getByText('None.').waitFor()
  const late = page.waitForResponse(/limit=100$/)
  answer()
  await (await late).finished()
  await page.waitForTimeout(100)
  expect(await items().count()).toBe(0)
})

test('a hidden tab has no stream and is not called unconnected; shown again, it has what it missed', async () => {
  await openSignedIn('events')
  await page.getByText('Live', { exact: true }).waitFor()
  await page.evaluate(() => {
    const seen: string[] = []
    Object.assign(globalThis, { seen })
    new MutationObserver(() => seen.push(document.querySelector('.connection')?.textContent ?? '')).observe(
      document.querySelector('.gateway-bar')!,
      { subtree: true, childList: true, characterData: true },
    )
  })
  await setHidden(true)
  await expect.poll(streamsEnded).toBe(1)
  await payOrder(one, 'H-00001')
  const requests: string[] = []
  page.on('request', request => requests.push(request.url()))
  await page.waitForTimeout(1_500)
  expect(requests).toEqual([])
  await setHidden(false)
  await items().filter({ hasText: 'H-00001' }).waitFor()
  await expect.poll(() => status().textContent()).toBe('Live')
  expect(await page.evaluate(() => (globalThis as unknown as { seen: string[] }).seen.join())).not.toContain('Not')
})

test('a gateway that opens no further stream is told from one that is away', async () => {
  await openSignedIn('events')
  await page.getByText('Live', { exact: true }).waitFor()
  await setHidden(true)
  await expect.poll(streamsEnded).toBe(1)
  const [cookie] = await page.context().cookies(`${one.url}/admin`)
  const headers = { accept: 'text/event-stream', cookie: `${cookie!.name}=${cookie!.value}` }
  for (let at = 0; at < 8; at++)
    await one.gateway.fetch(new Request(`${one.url}/admin/merchants/${one.mchid}/events/stream`, { headers }))
  await setHidden(false)
  await status().getByText('New events appear within ten seconds').waitFor()
  expect(await status().textContent()).toContain('of this session')
  await payOrder(one, 'F-00001')
  await items().filter({ hasText: 'F-00001' }).waitFor()
  one.gateway.endStreams()
})
