import { createSign, randomBytes } from 'node:crypto'
import type { SimulatedMerchant } from '../../src/simulator/index.ts'

/** A request ready to be sent. */
export interface Signed {
  readonly headers: Record<string, string>
  readonly body: string
}

export const PATH = '/v3/pay/transactions/native'

/** Signs an order in advance, so that only the simulator is measured. */
export function signedOrder({ mchid, appid, serial, privateKey }: SimulatedMerchant, number: number): Signed {
  const body = JSON.stringify({
    appid,
    mchid,
    out_trade_no: `bench${number}`,
    description: 'Image 形象店-深圳腾大-QQ公仔',
    notify_url: 'http://127.0.0.1:9/notify',
    attach: '自定义数据说明',
    amount: { total: 100, currency: 'CNY' },
  })
  const timestamp = Math.floor(Date.now() / 1000)
  const nonce = randomBytes(16).toString('hex')
  const message = `POST\n${PATH}\n${timestamp}\n${nonce}\n${body}\n`
  const signature = createSign('RSA-SHA256').update(message).sign(privateKey, 'base64')
  const parameters = { mchid, nonce_str: nonce, timestamp, serial_no: serial, signature }
  const authorization = Object.entries(parameters).map(([name, value]) => `${name}="${value}"`)
  return {
    body,
    headers: {
      Accept: 'application/json',
      'User-Agent': 'bench',
      'Content-Type': 'application/json',
      Authorization: `WECHATPAY2-SHA256-RSA2048 ${authorization.join()}`,
    },
  }
}

/** Returns milliseconds of processor time, over all threads of a process. */
export const processorTime = ({ user, system }: NodeJS.CpuUsage): number => (user + system) / 1000
