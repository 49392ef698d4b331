import { type GatewayBinding, gatewayClient } from '../../src/adapters/cloudflare.ts'
import { ResponseError } from '../../src/core/index.ts'

/** A shop's own Worker, which has no key and no token: only a service binding to the gateway. */
interface Env {
  readonly WECHATPAY: GatewayBinding
}

type Call = Parameters<GatewayBinding['call']>
type Native = Parameters<ReturnType<typeof gatewayClient>['v3']['pay']['transactions']['native']['post']>[0]

export default {
  async fetch(request: Request, { WECHATPAY }: Env): Promise<Response> {
    switch (new URL(request.url).pathname) {
      case '/call':
        return Response.json(await WECHATPAY.call(...((await request.json()) as Call)))
      case '/client':
        return place(WECHATPAY, (await request.json()) as Native)
      default:
        return WECHATPAY.fetch(request)
    }
  },
}

async function place(binding: GatewayBinding, order: Native): Promise<Response> {
  try {
    const { data, verifiedBy } = await gatewayClient(binding).v3.pay.transactions.native.post(order)
    return Response.json({ code_url: data.code_url, verifiedBy })
  } catch (error) {
    const { name, code, status, mayHaveTakenEffect } = error as ResponseError
    return Response.json({ name, code, status, mayHaveTakenEffect, isTyped: error instanceof ResponseError })
  }
}

/** Is type-checked and never run: what `call` takes and gives is what the definition of the endpoint says. */
export async function isTyped({ WECHATPAY }: Env, order: Native): Promise<string | undefined> {
  const placed = await WECHATPAY.call('POST', '/v3/pay/transactions/native', order)
  // @ts-expect-error: an order needs an amount
  await WECHATPAY.call('POST', '/v3/pay/transactions/native', { mchid: '1900000109' })
  // @ts-expect-error: data is there only where the call succeeded
  placed.data
  // A path with its parameters filled in is that of no definition, and takes anything.
  await WECHATPAY.call('GET', '/v3/pay/transactions/out-trade-no/T100001?mchid=1900000109')
  return placed.ok ? placed.data.code_url : undefined
}
