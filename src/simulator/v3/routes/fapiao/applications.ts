import { type Bytes, base64, utf8 } from '../../../../core/base/bytes.ts'
import { sha256 } from '../../../../core/crypto/digest.ts'
import type {
  FapiaoApplicationName,
  FapiaoBuyer,
  FapiaoDraft,
  FapiaoNumbers,
  FapiaoScene,
} from '../../../accounts/fapiao/fapiao.ts'
import { fingerprintOf } from '../../../accounts/fingerprint.ts'
import { Rejection } from '../../../accounts/rejection.ts'
import type { Rules } from '../../../catalogue/rules.ts'
import type { SimulatorContext } from '../../../context.ts'
import { paramError } from '../../refusal.ts'
import { ownOrSubMerchant } from '../../request/sub-merchant.ts'
import { fapiaoBody } from '../../resources/fapiao.ts'
import { fapiaoFile } from '../../resources/fapiao-file.ts'
import type { Route, RouteInput, RouteResult } from '../../route.ts'
import { ROOT } from './titles.ts'

const APPLICATIONS = `${ROOT}/fapiao-applications` as const
const APPLICATION = `${APPLICATIONS}/{fapiao_apply_id}` as const
const RULES: Rules = {
  fapiao_apply_id: { maxLength: 32 },
  scene: { enum: ['WITH_WECHATPAY', 'WITHOUT_WECHATPAY'] },
  'buyer_information.type': { enum: ['INDIVIDUAL', 'ORGANIZATION'] },
  'fapiao_information.fapiao_id': { maxLength: 32 },
  'fapiao_information.total_amount': { minimum: 1 },
  'fapiao_information.items.tax_rate': { minimum: 0 },
}
/** Documented. */
const MAX_FAPIAOS = 5
const MAX_ITEMS = 8

/** The response to a request that is only accepted (202 Accepted, 无应答包体). */
const ACCEPTED: RouteResult = { status: 202 }

/** Body of an application, once it has been checked. */
interface ApplicationBody {
  readonly sub_mchid?: string
  readonly scene?: FapiaoScene
  readonly fapiao_apply_id: string
  readonly buyer_information: FapiaoBuyer
}

interface IndustryFapiao extends FapiaoDraft {
  readonly transaction_information: readonly { readonly transaction_id: string }[]
}

interface CardFapiao extends FapiaoNumbers, Omit<FapiaoDraft, 'fapiao_id'> {
  readonly fapiao_media_id: string
}

/** Kinds of industries, each with a call of its own for one invoice (数电发票). */
const INDUSTRIES = ['issue-general', 'issue-refined-oil', 'issue-passenger-transport', 'real-estate-leasing'] as const

/** 电子发票: applications, their results and files. */
export const fapiaoRoutes: readonly Route[] = [
  {
    endpoint: `POST ${APPLICATIONS}`,
    rules: RULES,
    handle({ body }, context) {
      const fapiaos = body.fapiao_information as FapiaoDraft[]
      requireCounts(fapiaos)
      requireDistinct(fapiaos.map(({ fapiao_id }) => fapiao_id))
      context.fapiaos.apply(draftOf(body as unknown as ApplicationBody, context), fapiaos)
      return ACCEPTED
    },
  },
  ...INDUSTRIES.map(
    (industry): Route => ({
      endpoint: `POST ${APPLICATIONS}/${industry}`,
      rules: RULES,
      handle({ body }, context) {
        const { transaction_information, ...fapiao } = body.fapiao_information as IndustryFapiao
        requireCounts([fapiao])
        const transactions = transaction_information.map(({ transaction_id }) => transaction_id)
        const draft = draftOf(body as unknown as ApplicationBody, context)
        context.fapiaos.apply({ ...draft, scene: 'WITH_WECHATPAY', transactions }, [fapiao])
        return ACCEPTED
      },
    }),
  ),
  { endpoint: `GET ${APPLICATION}`, handle: queryApplication },
  {
    endpoint: `POST ${APPLICATION}/reverse`,
    handle({ path, body }, context) {
      const reversals = body.fapiao_information as { fapiao_id: string; fapiao_number: string }[]
      context.fapiaos.reverse(nameOf(path, body.sub_mchid, context), reversals)
      return ACCEPTED
    },
  },
  {
    endpoint: `POST ${APPLICATION}/insert-cards`,
    rules: {
      scene: RULES.scene!,
      'fapiao_card_information.total_amount': { minimum: 1 },
      'fapiao_card_information.items.tax_rate': { minimum: 0 },
    },
    handle({ path, body }, context) {
      const cards = body.fapiao_card_information as CardFapiao[]
      requireCounts(cards, '/fapiao_card_information')
      requireDistinct(cards.map(({ fapiao_number }) => fapiao_number))
      const draft = draftOf({ ...(body as unknown as ApplicationBody), ...path } as ApplicationBody, context)
      context.fapiaos.insertCards(draft, cards.map(foreignFapiao))
      return ACCEPTED
    },
  },
  {
    endpoint: `POST ${APPLICATIONS}/upload-fapiao-file`,
    async handle({ parts }, { fapiaos, crypto }) {
      const { content } = parts.find(({ name }) => name === 'file')!
      if (content.length === 0)
        throw paramError('文件为空，请检查后重新提交', { field: '/file', issue: 'empty', location: 'body' })
      const fapiao_media_id = base64(utf8(await sha256(content, crypto)))
      fapiaos.settings.addMedia(fapiao_media_id)
      return { status: 200, body: { fapiao_media_id } }
    },
  },
  { endpoint: `GET ${APPLICATION}/fapiao-files`, handle: offerFiles },
  {
    endpoint: `GET ${ROOT}/download`,
    handle({ query }, { downloads }) {
      const body: Bytes | undefined = downloads.find(query.token!)
      if (!body)
        throw paramError('token不合法或已过期', { field: 'token', issue: 'unknown or expired', location: 'query' })
      return { status: 200, body, unsigned: true, type: 'application/pdf' }
    },
  },
]

const nameOf = (
  path: RouteInput['path'],
  sub_mchid: unknown,
  context: Pick<SimulatorContext, 'merchant'>,
): FapiaoApplicationName => ({
  fapiao_apply_id: path.fapiao_apply_id!,
  sub_mchid: ownOrSubMerchant(sub_mchid, context),
})

const draftOf = (body: ApplicationBody, context: SimulatorContext) => ({
  fapiao_apply_id: body.fapiao_apply_id,
  mchid: context.merchant.mchid,
  sub_mchid: ownOrSubMerchant(body.sub_mchid, context),
  scene: body.scene ?? 'WITH_WECHATPAY',
  buyer: body.buyer_information,
  fingerprint: fingerprintOf(body),
})

/** The documents have no number of the merchant's for an invoice that was issued elsewhere; its own number takes the place. */
const foreignFapiao = ({ fapiao_code, fapiao_number, check_code, password, fapiao_time, ...fapiao }: CardFapiao) => ({
  ...fapiao,
  fapiao_id: fapiao_number,
  blue: { fapiao_code, fapiao_number, check_code, password, fapiao_time },
})

function requireCounts(fapiaos: readonly Pick<FapiaoDraft, 'items'>[], field = '/fapiao_information'): void {
  if (fapiaos.length < 1 || fapiaos.length > MAX_FAPIAOS) throw tooMany(field, MAX_FAPIAOS, fapiaos.length)
  const at = fapiaos.findIndex(({ items }) => items.length < 1 || items.length > MAX_ITEMS)
  if (at >= 0) throw tooMany(`${field}/${at}/items`, MAX_ITEMS, fapiaos[at]!.items.length)
}

function requireDistinct(numbers: readonly string[]): void {
  const repeated = numbers.find((number, at) => numbers.indexOf(number) < at)
  if (repeated !== undefined)
    throw paramError('参数错误，商户发票单号重复', {
      field: '/fapiao_information',
      issue: 'two invoices have the same number',
      location: 'body',
      value: repeated,
    })
}

const tooMany = (field: string, max: number, value: number) =>
  paramError(`参数错误，数量须为1到${max}`, { field, issue: `1 to ${max} are accepted`, location: 'body', value })

async function queryApplication({ path, query }: RouteInput, context: SimulatorContext): Promise<RouteResult> {
  const { fapiaos, buyer } = context.fapiaos.require(nameOf(path, query.sub_mchid, context))
  const chosen = fapiaos.filter(({ fapiao_id }) => query.fapiao_id === undefined || fapiao_id === query.fapiao_id)
  if (chosen.length === 0) throw new Rejection('FAPIAO_UNKNOWN', query.fapiao_id)
  const fapiao_information = await Promise.all(chosen.map(fapiao => fapiaoBody(fapiao, buyer, context)))
  return { status: 200, body: { total_count: chosen.length, fapiao_information } }
}

/** Offers the files of issued invoices for download, for five minutes. */
function offerFiles({ origin, path, query }: RouteInput, context: SimulatorContext): RouteResult {
  const { fapiaos, mchid } = context.fapiaos.require(nameOf(path, query.sub_mchid, context))
  const chosen = fapiaos.filter(({ fapiao_id }) => query.fapiao_id === undefined || fapiao_id === query.fapiao_id)
  if (chosen.length === 0) throw new Rejection('FAPIAO_UNKNOWN', query.fapiao_id)
  const fapiao_download_info_list = chosen.map(fapiao => {
    const { fapiao_id, status } = fapiao
    const numbers = fapiao.red ?? fapiao.blue
    if (!numbers) return { fapiao_id, status }
    const parameters = new URLSearchParams({
      token: context.downloads.add(utf8(fapiaoFile(fapiao))),
      mchid,
      ...(query.sub_mchid && { sub_mchid: query.sub_mchid }),
      openid: fapiao.card?.card_openid ?? 'none',
      invoice_code: numbers.fapiao_code,
      invoice_no: numbers.fapiao_number,
      fapiao_id,
    })
    return { fapiao_id, status, download_url: `${origin}${ROOT}/download?${parameters}` }
  })
  return { status: 200, body: { fapiao_download_info_list } }
}
