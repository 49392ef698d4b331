import type { NodeEnvironment } from '../../adapters/node.ts'
import type { Wechatpay, WechatpayOptions } from '../../core/index.ts'
import type { DemoShop } from './demo-shop.ts'

/** The keys that sign and verify. */
export interface McpKeys {
  /** `demo`: the public keys of the built-in simulator, with which nothing can be signed for WeChat Pay. */
  readonly kind: 'demo' | 'configured'
  readonly client: Wechatpay
  readonly options: WechatpayOptions
}

/** The gateway that makes real calls. */
export interface McpGateway {
  /** Without a slash at its end. */
  readonly url: string
  readonly token: string
}

/** The dependencies of the tools. Options of the command decide it; nothing that a client sends changes it. */
export interface McpContext {
  readonly keys: McpKeys
  /** The variables of `--env`; undefined without it. */
  readonly environment: NodeEnvironment | undefined
  readonly gateway: McpGateway | undefined
  readonly allowWrites: boolean
  /** The simulator of this process, with a shop that receives its notifications. */
  readonly shop: DemoShop
  /** Fires when the server ends. */
  readonly stopped: AbortSignal
}
