import { requireUrl } from '../../flows/parameter.ts'
import { startH5, startNative } from '../../flows/payment/start/by-url.ts'
import { startApp, startJsapi, startMiniProgram } from '../../flows/payment/start/v3.ts'
import { refuseOverCap } from '../caps/amounts.ts'
import type { GatewayContext } from '../context.ts'
import { type Fields, fieldsOf } from '../fields.ts'
import { Refusal } from '../problem.ts'
import { makeAuditedCall } from '../relay/audited-call.ts'
import { type CallResponse, responseOfError, responseOfReply } from '../relay/call-response.ts'
import { readInput } from '../relay/input.ts'
import { MCHID_HEADER, merchantOf } from '../relay/merchant.ts'
import { refuseUnreachableNotifyUrl } from '../relay/notify-url.ts'
import { type Admitted, auditEntryOf, type Outgoing } from '../relay/relay.ts'
import { qrSvg } from './qr.ts'

/** A payment method: the path of its order, and how the client app's parameters follow from the reply. */
interface Kind {
  readonly place: 'jsapi' | 'app' | 'h5' | 'native'
  readonly start: (reply: Fields, order: Order) => Promise<object> | object
}

interface Order {
  readonly client: Outgoing['client']
  readonly mchid: string
  /** The app in which the payer pays: the sub-merchant's own, if the order names one. */
  readonly appid: string
  readonly redirectUrl: string | undefined
}

const KINDS: Readonly<Record<string, Kind>> = {
  jsapi: {
    place: 'jsapi',
    start: ({ prepay_id }, { client, appid }) => startJsapi(client, { appid, prepay_id: String(prepay_id) }),
  },
  'mini-program': {
    place: 'jsapi',
    start: ({ prepay_id }, { client, appid }) => startMiniProgram(client, { appid, prepay_id: String(prepay_id) }),
  },
  app: {
    place: 'app',
    start: ({ prepay_id }, { client, appid }) => startApp(client, { appid, prepay_id: String(prepay_id) }),
  },
  h5: {
    place: 'h5',
    start: ({ h5_url }, { redirectUrl: redirect_url }) => ({
      h5_url: startH5({ h5_url: String(h5_url), ...(redirect_url !== undefined && { redirect_url }) }),
    }),
  },
  native: {
    place: 'native',
    start: reply => {
      const code_url = startNative({ code_url: String(reply.code_url) })
      return { code_url, qr_svg: qrSvg(code_url) }
    },
  },
}

/**
 * Handles `POST /checkout/{jsapi,mini-program,app,h5,native}`: places an order (下单) and responds with the signed parameters that the
 * client app passes to WeChat (调起支付). The body is that of WeChat Pay's own endpoint. If missing, `mchid` (`sp_mchid` if there is a
 * `sub_mchid`) and the `notify_url` of this gateway are added.
 *
 * @throws {Refusal} 404 `NOT_FOUND`, 400 `BODY_INVALID`, `NOTIFY_URL_MISSING`, `NOTIFY_URL_UNREACHABLE`, and the refusals of calls
 */
export async function checkout(
  name: string,
  admitted: Admitted,
  context: GatewayContext,
): Promise<CallResponse & { mchid: string }> {
  const kind = Object.hasOwn(KINDS, name) ? KINDS[name] : undefined
  if (!kind)
    throw new Refusal({
      status: 404,
      code: 'NOT_FOUND',
      detail: `The payment method ${JSON.stringify(name)} does not exist. Use one of ${Object.keys(KINDS).join(', ')}.`,
    })
  const { body: input, bytes } = await readInput(admitted.request, admitted.readBody)
  const { redirect_url, ...fields } = fieldsOf(input)
  // Checked before the order is placed: a later error would leave an order that the caller does not know of.
  if (redirect_url !== undefined) requireUrl(redirect_url, 'redirect_url', ['https:'])
  const { mchid, client } = merchantOf(
    admitted,
    admitted.request.headers.get(MCHID_HEADER) ?? undefined,
    [fields],
    context,
  )
  const isPartner = fields.sub_mchid !== undefined
  const body = {
    [isPartner ? 'sp_mchid' : 'mchid']: mchid,
    ...fields,
    notify_url: fields.notify_url ?? notifyUrl(admitted.request, mchid, context),
  }
  const path = `/v3/pay/${isPartner ? 'partner/' : ''}transactions/${kind.place}`
  refuseOverCap(admitted.caller, 'v3', 'POST', path, body)
  refuseUnreachableNotifyUrl(body, context.publicUrl)
  const order: Order = {
    client,
    mchid,
    appid: appidOf(body),
    redirectUrl: redirect_url === undefined ? undefined : String(redirect_url),
  }
  const call = await auditEntryOf(admitted, { mchid, client, method: 'POST', path, options: { body }, body, bytes })
  const response = await makeAuditedCall(call, context, async signal => {
    const reply = await context.requestFor({ mchid, client }, 'POST', path, { body, signal }, admitted.background)
    try {
      return responseOfReply({ ...reply, data: await kind.start(fieldsOf(reply.data), order) }, 'v3')
    } catch (error) {
      // The order is placed nevertheless.
      return { ...(await responseOfError(error, call.id)), isRefused: false }
    }
  })
  return { mchid, ...response }
}

/**
 * Returns the app in which the payer pays. For a service provider (服务商) that is the one whose openid is given, by
 * default the sub-merchant's.
 */
function appidOf({ sub_appid, sp_appid, appid, payer }: Fields): string {
  const isProviders = fieldsOf(payer).sp_openid !== undefined
  return String((isProviders ? sp_appid : (sub_appid ?? sp_appid)) ?? appid ?? '')
}

function notifyUrl({ url }: Request, mchid: string, { publicUrl }: GatewayContext): string {
  const origin = publicUrl ?? new URL(url).origin
  if (publicUrl !== undefined || origin.startsWith('https:')) return `${origin.replace(/\/$/, '')}/notify/${mchid}`
  throw new Refusal({
    status: 400,
    code: 'NOTIFY_URL_MISSING',
    detail:
      'The order has no notify_url. Add it, or set PUBLIC_URL to the address at which WeChat Pay reaches this gateway: https, or http for a simulator on this machine.',
  })
}
