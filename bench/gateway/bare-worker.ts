// Runs bare verification and decryption as a Worker.
import type { CloudflareEnvironment } from '../../src/adapters/cloudflare.ts'
import { createBare } from './bare.ts'

let bare: ReturnType<typeof createBare> | undefined

export default {
  async fetch(request: Request, env: CloudflareEnvironment): Promise<Response> {
    bare ??= createBare({ publicKey: env.WECHATPAY_PUBLIC_KEY!, apiv3Key: env.WECHATPAY_APIV3_KEY! })
    return (await bare)(request)
  },
}
