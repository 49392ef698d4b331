/** A stranger's web page in a real browser, on the machine of somebody who runs a simulator and a gateway. */
import { type Browser, chromium, type Page } from 'playwright'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { chromiumPath } from '../../chromium.ts'
import { serve, type TestServer } from '../../fixtures/server.ts'
import { createTestGateway, nativeOrder, type TestGateway } from '../../gateway/test-gateway.ts'
import { type Program, startSimulator } from '../program.ts'

/** Resolves to this machine, as the attacker's name server has it once the page is loaded. */
const REBOUND = 'rebind.attacker.com'

let browser: Browser
let simulator: Program
let one: TestGateway
let gateway: TestServer
let intranet: TestServer
let attacker: TestServer
/** The requests that reached a service which the page cannot reach by itself. */
const reached: string[] = []

beforeAll(async () => {
  browser = await chromium.launch({
    executablePath: await chromiumPath(),
    args: [
      '--no-sandbox',
      `--host-resolver-rules=MAP ${REBOUND} 127.0.0.1`,
      // Other browsers have no such check, and earlier Chromiums had none.
      '--disable-features=LocalNetworkAccessChecks,BlockInsecurePrivateNetworkRequests',
    ],
  })
  simulator = await startSimulator()
  // It knows its caller by the network, as by a cookie, an assertion or a client certificate.
  one = await createTestGateway({ publicUrl: undefined })
  gateway = await serve(request => one.gateway.fetch(request))
  intranet = await serve(async request => {
    reached.push(await request.text())
    return new Response(null, { status: 204 })
  })
  attacker = await serve(async () => new Response('<h1>Win a prize</h1>', { headers: { 'content-type': 'text/html' } }))
})
afterAll(async () => {
  await browser.close()
  await simulator.stop()
  for (const server of [gateway, intranet, attacker]) await server[Symbol.asyncDispose]()
})
beforeEach(() => {
  reached.length = 0
})

/** Every way that a page has to send a JSON text without asking first, and some of those where it asks. */
async function sendInEveryWay(page: Page, url: string, json: string): Promise<void> {
  await page.evaluate(
    async ([url, json]) => {
      const body = json!
      const tries: Promise<unknown>[] = [
        fetch(url!, { method: 'POST', body, mode: 'no-cors', credentials: 'include' }),
        fetch(url!, { method: 'POST', body: new Blob([body]), mode: 'no-cors', credentials: 'include' }),
        fetch(url!, { method: 'POST', body, headers: { 'content-type': 'text/plain' }, credentials: 'include' }),
        fetch(url!, { method: 'POST', body, headers: { 'content-type': 'application/json' } }),
        fetch(url!, {
          method: 'POST',
          body,
          headers: { 'content-type': 'application/json', authorization: 'Bearer x' },
        }),
      ]
      navigator.sendBeacon(url!, body)
      for (const enctype of ['text/plain', 'multipart/form-data', 'application/x-www-form-urlencoded']) {
        const frame = document.createElement('iframe')
        frame.name = `frame-${enctype}`
        document.body.append(frame)
        const form = document.createElement('form')
        form.method = 'POST'
        form.action = url!
        form.enctype = enctype
        form.target = frame.name
        const field = document.createElement('input')
        // text/plain is written as name=value: the = ends up within the JSON.
        field.name = `${body.slice(0, -1)},"x":"`
        field.value = '"}'
        form.append(field)
        document.body.append(form)
        form.submit()
      }
      await Promise.allSettled(tries)
    },
    [url, json] as const,
  )
  await page.waitForLoadState('networkidle')
  await page.waitForTimeout(300)
}

const demand = () => JSON.stringify({ url: `${intranet.url}admin`, event: 'TRANSACTION.SUCCESS' })

describe('from another site', () => {
  test('a page has the simulator send nothing into the network behind it, nor reads what it shows', async () => {
    const page = await browser.newPage()
    await page.goto(attacker.url.replace('127.0.0.1', 'localhost'))
    await sendInEveryWay(page, `${simulator.url}/simulator/notifications`, demand())
    const read = page.evaluate(url => fetch(url).then(response => response.text()), `${simulator.url}/simulator`)
    await expect(read).rejects.toThrow('Failed to fetch')
    // The requests arrived, and were refused.
    const posts = () =>
      simulator.lines.filter(({ method, path }) => method === 'POST' && path === '/simulator/notifications')
    await expect.poll(() => posts().length).toBeGreaterThanOrEqual(6)
    expect(new Set(posts().map(({ status }) => status))).toEqual(new Set([403]))
    expect(reached).toEqual([])
    await page.close()
  })

  test('a page displaces nothing from the journal of the simulator', async () => {
    const journal = async () => (await fetch(`${simulator.url}/simulator/journal`)).json()
    const before = await journal()
    const page = await browser.newPage()
    await page.goto(attacker.url.replace('127.0.0.1', 'localhost'))
    for (const path of ['v3/pay/transactions/native', 'pay/unifiedorder'])
      await sendInEveryWay(page, `${simulator.url}/${path}`, demand())
    // The requests arrived, and were refused.
    const arrived = () => simulator.lines.filter(({ path }) => /^\/(v3\/)?pay\//.test(path))
    await expect.poll(() => arrived().length).toBeGreaterThanOrEqual(12)
    expect(new Set(arrived().map(({ status }) => status))).toEqual(new Set([403]))
    expect(await journal()).toEqual(before)
    await page.close()
  })

  test('a page places no order under a credential that the browser adds, and has nothing swept or replayed', async () => {
    const page = await browser.newPage()
    await page.goto(attacker.url.replace('127.0.0.1', 'localhost'))
    const order = JSON.stringify(nativeOrder(one, 'WEBPAGE001'))
    for (const path of ['v3/pay/transactions/native', 'checkout/native', 'admin/sweep'])
      await sendInEveryWay(page, gateway.url + path, order)
    await page.evaluate(url => {
      const image = new Image()
      image.src = url
    }, `${gateway.url}v3/pay/transactions/out-trade-no/1?mchid=1`)
    const refusals = () => one.logged.map(line => JSON.parse(line)).filter(({ event }) => event === 'refused')
    await expect.poll(() => refusals().filter(({ code }) => code === 'CROSS_SITE').length).toBeGreaterThan(15)
    expect(one.simulator.journal).toEqual([])
    expect(one.logged.join('\n')).not.toContain('"swept"')
    await page.close()
  })

  test('a page of the gateway’s own origin does place one', async () => {
    const page = await browser.newPage()
    await page.goto(`${gateway.url}healthz`)
    const status = await page.evaluate(
      async body => {
        const headers = { 'content-type': 'application/json' }
        return (await fetch('/v3/pay/transactions/native', { method: 'POST', body, headers })).status
      },
      JSON.stringify(nativeOrder(one, 'WEBPAGE002', { notify_url: 'https://example.com/' })),
    )
    expect(status).toBe(200)
    await page.close()
  })
})

test('a page whose name is made to resolve to this machine neither reads the simulator nor has it send anything', async () => {
  const page = await browser.newPage()
  const { port } = new URL(simulator.url)
  const origin = `http://${REBOUND}:${port}`
  // At first the name led to the attacker's server, which gave the page.
  await page.route(`${origin}/`, route => route.fulfill({ contentType: 'text/html', body: '<h1>Win a prize</h1>' }))
  await page.goto(`${origin}/`)
  const answers = await page.evaluate(async body => {
    const headers = { 'content-type': 'application/json' }
    const post = await fetch('/simulator/notifications', { method: 'POST', body, headers })
    const get = await fetch('/simulator/journal')
    return [post.status, (await post.json()).code, get.status, (await get.json()).code]
  }, demand())
  expect(answers).toEqual([403, 'HOST_UNKNOWN', 403, 'HOST_UNKNOWN'])
  expect(reached).toEqual([])
  await page.close()
})
