// The names that code in the documents uses without declaring them: a shop's own functions and records, and values of a call.
import type { FastifyInstance } from 'fastify'
import type { Hono } from 'hono'
import type Koa from 'koa'
import type * as edge from 'wechatpay-edge'
import type { FetchHandler, FrameworkRequest } from 'wechatpay-edge/frameworks'
import type { ExpectedOrder } from 'wechatpay-edge/payment'

declare global {
  const wxpay: edge.Wechatpay
  const merchant: Omit<edge.WechatpayOptions, 'baseUrl'>
  const env: { PRIVATE_KEY: string; APIV3_KEY: string; PUB_KEY_ID: string; PUB_KEY: string }

  const kms: {
    sign(message: Uint8Array<ArrayBuffer>): Promise<Uint8Array>
    decrypt(ciphertext: Uint8Array<ArrayBuffer>): Promise<Uint8Array>
  }

  const app: Hono
  const express: typeof import('express')
  const koa: Koa
  const fastify: FastifyInstance
  const req: FrameworkRequest
  const handler: FetchHandler

  const db: {
    expected(out_trade_no: string | undefined): Promise<ExpectedOrder | undefined>
    has(id: string): Promise<boolean>
    add(id: string): Promise<void>
    merchant(mchid: string): Promise<edge.WechatpayOptions | undefined>
  }
  const orders: { out_trade_no: string; amount: number }[]
  const notifications: EventTarget
  function ship(out_trade_no: string): Promise<void>
  function note(out_refund_no: string, status: string): Promise<void>
  function handOver(out_trade_no: string): Promise<void>
  function alarm(out_trade_no: string, order: object): Promise<void>
  function answer(complaint: { complaint_id: string }): Promise<void>

  const order: edge.V3PayTransactionsJsapiPostRequest
  const codeOrder: Omit<edge.V3PayTransactionsCodepayPostRequest, 'payer'>
  const product: Pick<
    edge.V3PayPartnerTransactionsNativePostRequest,
    'description' | 'out_trade_no' | 'notify_url' | 'amount'
  >
  const refund: edge.V3RefundDomesticRefundsPostRequest
  const body: edge.V2SecsvcRealnameauthPostRequest
  const contract: edge.V2PapayEntrustwebGetQuery
  const params: edge.V3MerchantServiceComplaintsV2GetQuery
  const file: File
  const appid: string
  const openid: string
  const notify_url: string
  const prepay_id: string
  const h5_url: string
  const redirect_url: string
  const out_trade_no: string
  const out_bill_no: string
  const out_order_no: string
  const service_id: string
  const auth_code: string
  const authenticate_number: string
  const sub_mchid: string

  // Of a brand.
  const certificate: string
  const privateKey: string
  const apiKey: string
  const publicKeyId: string
  const publicKey: string
}
