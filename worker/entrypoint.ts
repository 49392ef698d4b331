import { WorkerEntrypoint } from 'cloudflare:workers'
import { type BindingCallOptions, type BindingCallResult, callByBinding } from '../src/adapters/gateway-binding.ts'
import type { Env } from './bindings.ts'
import { handleRequest } from './handle-request.ts'

/**
 * Serves the gateway to other Workers of the account over a service binding: `entrypoint = "WechatpayGateway"`, and in `props` the
 * name of a caller for which GATEWAY_CONFIG has `binding`. That caller's `allow`, `merchants`, `maxAmount` and `rate` apply, and its
 * calls are in its audit trail. The type of the binding is `GatewayBinding` of `wechatpay-edge/cloudflare`.
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
  /** Handles a request as at the gateway's public address. */
  override async fetch(request: Request): Promise<Response> {
    return handleRequest(request, this.env, this.ctx)
  }

  /** Makes a call and returns its outcome as a value, because an error that crosses a binding keeps only its message. */
  async call(method: string, path: string, body?: unknown, options?: BindingCallOptions): Promise<BindingCallResult> {
    const send: typeof fetch = (input, init) => this.fetch(new Request(input, init))
    return callByBinding(send, method, path, body, options)
  }
}
