import { WorkerEntrypoint } from 'cloudflare:workers'
import { type BindingCallOptions, type BindingCallResult, callByBinding } from '../src/adapters/gateway-binding.ts'
import { answer } from './answer.ts'
import type { Env } from './bindings.ts'

/**
 * The gateway for other Workers of the account, by a service binding: `entrypoint = "WechatpayGateway"`, and in `props` the name
 * of a caller that GATEWAY_CONFIG opens to bindings. That caller's `allow`, `merchants`, `maxAmount` and `rate` hold, and its
 * calls are in its audit trail. `GatewayBinding` of `wechatpay-edge/cloudflare` is its type.
 *
 * @see https://developers.cloudflare.com/workers/runtime-apis/bindings/service-bindings/rpc/
 * @example
 * ```toml
 * [[services]]
 * binding = "WECHATPAY"
 * service = "wechatpay-edge"
 * entrypoint = "WechatpayGateway"
 * props = { caller = "shop" }
 * ```
 */
export class WechatpayGateway extends WorkerEntrypoint<Env> {
  /** Answers a request, as at the gateway's public address. */
  override async fetch(request: Request): Promise<Response> {
    return answer(request, this.env, this.ctx)
  }

  /** Makes a call and gives its outcome as a value: an error that crosses a binding keeps only its message. */
  async call(method: string, path: string, body?: unknown, options?: BindingCallOptions): Promise<BindingCallResult> {
    const send: typeof fetch = (input, init) => this.fetch(new Request(input, init))
    return callByBinding(send, method, path, body, options)
  }
}
