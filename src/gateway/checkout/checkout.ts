import { requireUrl } from '../../flows/payment/parameter.ts'
import { startH5, startNative } from '../../flows/payment/start/by-url.ts'
import { startApp, startJsapi, startMiniProgram } from '../../flows/payment/start/v3.ts'
import { refuseOverCap } from '../caps/amounts.ts'
import type { GatewayContext } from '../context.ts'
import { type Fields, fieldsOf } from '../fields.ts'
import { Refusal } from '../problem.ts'
import { audited } from '../relay/audited.ts'
import { type CallResponse, responseOfError, responseOfReply } from '../relay/call-response.ts'
import { readInput } from '../relay/input.ts'
import { MCHID_HEADER, merchantOf } from '../relay/merchant.ts'
import { refuseUnreachableNotifyUrl } from '../relay/notify-url.ts'
import { type Admitted, auditOf, type Outgoing } from '../relay/relay.ts'
import { qrSvg } from './qr.ts'

/** A way to pay: where its order is placed, and what the client is given of the answer. */
interface Kind {
  readonly place: 'jsapi' | 'app' | 'h5' | 'native'
  readonly start: (placed: Fields, order: Order) => Promise<object> | object
}

interface Order {
  readonly client: Outgoing['client']
  readonly mchid: string
  /** The app that pays: a sub-merchant's own where the order names one. */
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
    start: placed => {
      const code_url = startNative({ code_url: String(placed.code_url) })
      return { code_url, qr_svg: qrSvg(code_url) }
    },
  },
}

/**
 * `POST /checkout/{jsapi,mini-program,app,h5,native}`: places an order (下单) and answers what the client app passes on,
 * signed (调起支付). The body is that of WeChat Pay's own endpoint; `mchid`, or `sp_mchid` beside a `sub_mchid`, and
 * `notify_url`, this gateway's own, are filled in where they are not given.
 *
 * @throws {Refusal} 404 `NOT_FOUND`, 400 `BODY_INVALID`, `NOTIFY_URL_MISSING`, `NOTIFY_URL_UNREACHABLE`, and what a call is refused for
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
      detail: `There is no way to pay ${JSON.stringify(name)}: ${Object.keys(KINDS).join(', ')}.`,
    })
  const { body: given, bytes } = await readInput(admitted.request, admitted.readBody)
  const { redirect_url, ...fields } = fieldsOf(given)
  // Before the order is placed: what goes wrong behind it would leave an order that nobody was told of.
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
  const call = await auditOf(admitted, { mchid, client, method: 'POST', path, options: { body }, body, bytes })
  const response = await audited(call, context, async signal => {
    const reply = await context.requestFor({ mchid, client }, 'POST', path, { body, signal }, admitted.background)
    try {
      return responseOfReply({ ...reply, data: await kind.start(fieldsOf(reply.data), order) }, 'v3')
    } catch (error) {
      // The order is placed all the same.
      return { ...(await responseOfError(error, call.id)), isRefused: false }
    }
  })
  return { mchid, ...response }
}

/** The app that pays. Of a service provider's (服务商) order it is the one whose openid pays; where none is named, the sub-merchant's. */
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
      'Give notify_url, or set PUBLIC_URL to the address at which WeChat Pay reaches this gateway: https; http only for a simulator on this machine.',
  })
}
