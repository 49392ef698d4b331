import type { CashierMessage, Outcome, StartKind, StartMessage } from './messages.ts'

// A classic script, `/simulator/bridge.js`, that gives a merchant's page what WeChat's browser gives it: WeixinJSBridge, and `wx` of the
// JS-SDK. It shows the simulator's cashier in a frame. It runs in the merchant's page, so it is no part of the console's own pages.

const cashierUrl = new URL('../console/cashier.html', (document.currentScript as HTMLScriptElement).src)

interface Result {
  readonly outcome: Outcome
  readonly detail?: string | undefined
}

/** Shows the cashier over the page until the shopper has decided. */
function openCashier(kind: StartKind, parameters: Readonly<Record<string, unknown>>): Promise<Result> {
  const frame = document.createElement('iframe')
  frame.title = '微信支付'
  frame.src = cashierUrl.href
  frame.style.cssText =
    'position:fixed;inset:0;z-index:2147483647;width:100%;height:100%;border:0;background:rgb(0 0 0 / 40%);color-scheme:auto'
  return new Promise(resolve => {
    const receive = ({ source, origin, data }: MessageEvent<CashierMessage>): void => {
      if (source !== frame.contentWindow || origin !== cashierUrl.origin) return
      if (data.type === 'wechatpay-edge:ready') {
        const start: StartMessage = { type: 'wechatpay-edge:start', kind, parameters: plain(parameters) }
        frame.contentWindow!.postMessage(start, cashierUrl.origin)
      } else if (data.type === 'wechatpay-edge:end') {
        removeEventListener('message', receive)
        frame.remove()
        resolve({ outcome: data.outcome, detail: data.detail })
      }
    }
    addEventListener('message', receive)
    document.body.append(frame)
    frame.focus()
  })
}

/** Leaves functions out, which cannot be sent. */
const plain = (parameters: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  JSON.parse(JSON.stringify(parameters))

type Callback = (result: Readonly<Record<string, unknown>>) => void

const KINDS: Readonly<Record<string, readonly [kind: StartKind, answer: string]>> = {
  getBrandWCPayRequest: ['payment', 'get_brand_wcpay_request'],
  requestMerchantTransfer: ['transfer', 'requestMerchantTransfer'],
}

const WeixinJSBridge = {
  async invoke(name: string, parameters: Readonly<Record<string, unknown>> = {}, callback: Callback = () => {}) {
    const known = Object.hasOwn(KINDS, name) ? KINDS[name] : undefined
    if (!known) return callback({ err_msg: `${name}:fail, the simulator has no such function` })
    const [kind, answer] = known
    const { outcome, detail } = await openCashier(kind, parameters)
    callback({ err_msg: `${answer}:${outcome}`, ...(detail !== undefined && { err_desc: detail }) })
  },
  call() {},
  on() {},
}

interface JssdkOptions extends Readonly<Record<string, unknown>> {
  readonly success?: Callback
  readonly cancel?: Callback
  readonly fail?: Callback
  readonly complete?: Callback
}

/** Appid of `wx.config`, which is signed although the options of `chooseWXPay` have none. */
let appId: unknown

const wx = {
  config(options: { readonly appId?: unknown }) {
    appId = options.appId
  },
  ready: (callback: () => void) => void setTimeout(callback),
  error() {},
  checkJsApi({ jsApiList = [], success }: { jsApiList?: readonly string[]; success?: Callback }) {
    const checkResult = Object.fromEntries(jsApiList.map(name => [name, name === 'chooseWXPay']))
    success?.({ errMsg: 'checkJsApi:ok', checkResult })
  },
  async chooseWXPay({ success, cancel, fail, complete, timestamp, ...rest }: JssdkOptions) {
    const { outcome, detail } = await openCashier('payment', { appId, timeStamp: timestamp, ...rest })
    const result = { errMsg: `chooseWXPay:${outcome}`, ...(detail !== undefined && { err_desc: detail }) }
    ;({ ok: success, cancel, fail })[outcome]?.(result)
    complete?.(result)
  },
  invoke: WeixinJSBridge.invoke,
}

Object.assign(globalThis, { WeixinJSBridge, ...(!('wx' in globalThis) && { wx }) })
document.dispatchEvent(new Event('WeixinJSBridgeReady'))
