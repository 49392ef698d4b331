/** The console in Chromium, at a simulator that serves over HTTP. */
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { AxeResults } from 'axe-core'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright'
import { expect } from 'vitest'
import { listen } from '../../src/cli/simulator/server.ts'
import { Wechatpay } from '../../src/core/index.ts'
import { createNamespaceServer, createSimulator, type Simulator } from '../../src/simulator/index.ts'
import { chromiumPath } from '../chromium.ts'
import { freePort } from '../free-port.ts'

export const DESKTOP: BrowserContextOptions = { viewport: { width: 1280, height: 800 }, locale: 'en-US' }
export const PHONE: BrowserContextOptions = { viewport: { width: 390, height: 844 }, locale: 'zh-CN', hasTouch: true }

export const launchChromium = async (...args: string[]): Promise<Browser> =>
  chromium.launch({ executablePath: await chromiumPath(), args: ['--no-sandbox', ...args] })

/** A simulator that serves, and its merchant's client. */
export interface ServedSimulator {
  readonly simulator: Simulator
  readonly wxpay: Wechatpay
  readonly url: string
  close(): Promise<void>
  /** Places a native order, whose number is all that differs. */
  place(out_trade_no: string, more?: object): Promise<{ code_url?: string | undefined }>
  /** Places an order whose body is changed after it was signed. */
  placeTampered(out_trade_no: string): Promise<void>
}

/** The defaults are a port that nobody takes while it is closed, and the clock of this machine. */
export async function serveSimulator({
  port,
  now,
}: {
  readonly port?: number
  readonly now?: () => number
} = {}): Promise<ServedSimulator> {
  const simulator = await createSimulator({
    seed: 'console',
    live: true,
    now,
    deliver: async () => new Response(null, { status: 204 }),
  })
  const server = createNamespaceServer(simulator)
  const { url, close } = await listen(request => server.fetch(request), {
    host: '127.0.0.1',
    port: port ?? (await freePort()),
  })
  const { appid, mchid } = simulator.merchant
  const order = (out_trade_no: string) => ({
    appid,
    mchid,
    out_trade_no,
    description: 'QQ公仔',
    notify_url: 'https://merchant.example/notify',
    amount: { total: 100 },
  })
  const wxpay = new Wechatpay({ ...simulator.merchant, fetch: simulator.fetch, retry: false })
  const reserializing = new Wechatpay({
    ...simulator.merchant,
    retry: false,
    fetch: async (input, init) => {
      const request = new Request(input, init)
      const body = JSON.stringify(JSON.parse(await request.text()), null, 1)
      return simulator.fetch(new Request(request.url, { method: 'POST', headers: request.headers, body }))
    },
  })
  return {
    simulator,
    wxpay,
    url,
    close,
    place: async (out_trade_no, more) =>
      (await wxpay.v3.pay.transactions.native.post({ ...order(out_trade_no), ...more })).data,
    placeTampered: async out_trade_no => {
      await expect(reserializing.v3.pay.transactions.native.post(order(out_trade_no))).rejects.toThrow('SIGN_ERROR')
    },
  }
}

/** A page, with every error that it reports. */
export interface OpenPage {
  readonly page: Page
  readonly errors: string[]
}

/** Opens a page. Errors of its scripts, of its console and of its Content-Security-Policy are recorded. */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = DESKTOP,
): Promise<OpenPage> {
  const page = await browser.newPage(options)
  const errors: string[] = []
  page.on('pageerror', error => errors.push(error.message))
  page.on('console', message => message.type() === 'error' && errors.push(message.text()))
  page.on('dialog', dialog => {
    errors.push(`dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.setDefaultTimeout(120_000)
  await page.goto(url)
  return { page, errors }
}

const axe = readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** Returns what axe objects to, a line for each. It runs by the debugger, which no policy of the page binds. */
export async function accessibilityViolations(page: Page): Promise<string[]> {
  await page.evaluate(await axe)
  const { violations } = await page.evaluate(() =>
    (globalThis as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run(),
  )
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} ${target}: ${failureSummary}`),
  )
}
