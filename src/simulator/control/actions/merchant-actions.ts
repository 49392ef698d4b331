import { crossSiteHeader } from '../../../core/base/cross-site.ts'
import type { MerchantOptions } from '../../merchants/merchant-options.ts'
import type { MerchantView } from '../../merchants/merchant-view.ts'
import { type Action, type ActionContext, get, oneOf, optional, post, TEXT } from '../action.ts'
import { ControlError } from '../input.ts'
import { writeTar } from '../tar.ts'

/** The merchants of the simulator. */
export const merchantActions: readonly Action[] = [
  get(
    '/merchants',
    'Lists the merchants, the first one first, with their certificates and public keys, and whether their folders can be downloaded.',
    (simulator, _input, _id, { merchantFiles }) =>
      simulator.merchants.map(({ mchid }) => ({
        ...publicPartOf(simulator.as(mchid)),
        hasFolder: merchantFiles !== undefined,
      })),
  ),
  post(
    '/merchants',
    {
      mchid: TEXT,
      appid: optional(TEXT),
      brandId: optional(TEXT),
      platform: optional(oneOf('public-key', 'certificate', 'both')),
      subMchids: optional({ kind: 'texts' }),
      sharingNotifyUrl: optional(TEXT),
    },
    'Creates a merchant with keys of its own; with subMchids, a service provider to which these sub-merchants are bound.',
    async (simulator, input) => publicPartOf(await simulator.addMerchant(input as MerchantOptions)),
  ),
  {
    ...get(
      '/folder',
      "Downloads the merchant's files as a tar archive: its keys and certificates, WeChat Pay's public key or certificates, .env.",
      (simulator, _input, _id, context) => {
        refuseLink(context.request)
        return downloadFolder(simulator.as(simulator.merchant.mchid), context)
      },
    ),
    responds: 'tar',
  },
]

const publicPartOf = ({ merchant, brand, certificates }: MerchantView) => ({
  mchid: merchant.mchid,
  appid: merchant.appid,
  serial: merchant.serial,
  certificate: merchant.certificate,
  platformKeys: merchant.platformKeys,
  certificates,
  ...(brand && { brandId: brand.brandId }),
})

/**
 * Refuses a link on a page of another site, which other actions accept because that page cannot read the response: the browser would
 * save the keys as a file.
 *
 * @throws {ControlError}
 */
function refuseLink(request: Request): void {
  const header = crossSiteHeader(request)
  if (header !== undefined)
    throw new ControlError(
      403,
      'CROSS_SITE',
      `A page of another site made a browser send this request (${header}). Open the address itself, or use curl.`,
    )
}

/** @throws {ControlError} the program that runs the simulator writes no such files */
async function downloadFolder(view: MerchantView, { merchantFiles }: ActionContext): Promise<Response> {
  if (!merchantFiles)
    throw new ControlError(
      404,
      'FOLDER_UNAVAILABLE',
      'This simulator does not give out the keys of its merchants. Start it with: wechatpay-edge simulator.',
    )
  const { mchid } = view.merchant
  return new Response(writeTar(mchid, await merchantFiles(view)), {
    headers: {
      'Content-Type': 'application/x-tar',
      'Content-Disposition': `attachment; filename="${mchid}.tar"`,
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
    },
  })
}
