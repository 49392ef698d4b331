import { fromUtf8 } from '../../core/base/bytes.ts'
import { isJsonType } from '../../core/base/cross-site.ts'
import { parseJson } from '../../core/codec/json.ts'
import { readTar } from '../control/tar.ts'
import type { SimulatedMerchant } from '../keys/merchant.ts'
import { type ControlAction, noSimulator, requestControl } from './control-request.ts'

/** A simulator in another process, or a namespace of it. */
export interface RemoteSimulator {
  /** Base URL for the client. */
  readonly url: string
  /** Options to configure the client with. Of several merchants, those of the first. */
  readonly merchant: SimulatedMerchant
  /**
   * Returns the options of another merchant, such as one that `POST /simulator/merchants` has created.
   *
   * @throws {RemoteSimulatorError} there is no such merchant
   */
  merchantOf(mchid: string): Promise<SimulatedMerchant>
  /**
   * Carries out an action of the control API; `GET /simulator` lists them.
   *
   * @returns the JSON of the response; undefined if it has none
   * @throws {RemoteSimulatorError} the simulator refuses it
   * @example
   * ```ts
   * await simulator.control('POST /simulator/pay', { out_trade_no })
   * await simulator.control('POST /simulator/settle') // its notification is delivered now
   * ```
   */
  control(action: ControlAction, input?: object): Promise<unknown>
  /** Returns to the state in which the simulator started: the same merchants and keys, and no records. */
  reset(): Promise<void>
  /**
   * Returns a namespace beside this one, for tests that run at the same time: the same merchants and keys, with orders, clock, faults
   * and notifications of its own.
   *
   * @param name 1 to 63 letters, digits and `-`, with `-` at neither end
   * @throws {RemoteSimulatorError} the name is wrong, or the simulator has a list of names without it
   */
  namespace(name: string): Promise<RemoteSimulator>
}

export interface RemoteSimulatorOptions {
  /** Sends the requests, such as one that trusts the `ca.pem` of a simulator with `--tls`. Default: the runtime's own. */
  readonly fetch?: typeof fetch
}

/**
 * Connects a test with a simulator in another process: `wechatpay-edge simulator`, a container, a service of CI.
 *
 * @param url its address, or that of a namespace: `http://127.0.0.1:8989/ns/worker-1`
 * @throws {RemoteSimulatorError} it does not give out the keys of its merchant, or is none
 * @example
 * ```ts
 * const simulator = await connectSimulator('http://127.0.0.1:8989')
 * const wxpay = new Wechatpay({ ...simulator.merchant, baseUrl: simulator.url })
 * ```
 */
export async function connectSimulator(
  url: string,
  { fetch: send = fetch }: RemoteSimulatorOptions = {},
): Promise<RemoteSimulator> {
  const base = url.replace(/\/+$/, '')
  const request: Request = (action, input) => requestControl(base, action, input, send)
  return createRemoteSimulator(base, await readMerchant(base, request), request, send)
}

type Request = (action: ControlAction, input?: object) => Promise<Response>

function createRemoteSimulator(
  url: string,
  merchant: SimulatedMerchant,
  request: Request,
  send: typeof fetch,
): RemoteSimulator {
  const control = async (action: ControlAction, input?: object): Promise<unknown> => {
    const response = await request(action, input)
    if (isJsonType(response.headers.get('content-type'))) return parseJson(await response.text())
    await response.body?.cancel()
    return undefined
  }
  return {
    url,
    merchant,
    merchantOf: mchid => readMerchant(url, request, mchid),
    control,
    async reset() {
      await control('POST /simulator/reset')
    },
    namespace: name =>
      connectSimulator(`${url.replace(/\/ns\/[^/]+$/, '')}/ns/${encodeURIComponent(name)}`, { fetch: send }),
  }
}

/** The part of a merchant that the simulator tells everybody. */
type PublicPart = Omit<SimulatedMerchant, 'privateKey' | 'apiv3Key' | 'apiv2Key'>

/**
 * Reads the options of a merchant. Its keys are in the archive of its folder only.
 *
 * @param mchid default: the first merchant
 * @throws {RemoteSimulatorError}
 */
async function readMerchant(url: string, request: Request, mchid?: string): Promise<SimulatedMerchant> {
  const list = await request('GET /simulator/merchants')
  const merchants = (await list.json().catch(() => undefined)) as PublicPart[] | undefined
  const id = mchid ?? Object((merchants as unknown[] | undefined)?.[0]).mchid
  if (!Array.isArray(merchants) || typeof id !== 'string')
    throw noSimulator(url, 'GET /simulator/merchants', list.status)
  const action = `GET /simulator/merchants/${encodeURIComponent(id)}/folder` as const
  const folder = await request(action)
  const files = readTar(new Uint8Array(await folder.arrayBuffer()))
  const text = (name: string): string => {
    const file = files.get(name)
    if (!file) throw noSimulator(url, action, folder.status)
    return fromUtf8(file)
  }
  const { appid, serial, certificate, platformKeys } = merchants.find(merchant => merchant.mchid === id)!
  return {
    mchid: id,
    appid,
    serial,
    privateKey: text('apiclient_key.pem'),
    certificate,
    apiv3Key: text('apiv3_key.txt'),
    apiv2Key: text('apiv2_key.txt'),
    platformKeys,
  }
}
