import { webcrypto } from '../../adapters/webcrypto.ts'
import { acknowledge, receiveNotification, refuse, Wechatpay, type WechatpayOptions } from '../../core/index.ts'
import { createSimulator, createSimulatorMount, type Simulator } from '../../simulator/index.ts'
import { failureOf } from '../failure.ts'
import { ToolError } from './tool-error.ts'

/** A request of the shop to the simulator, and the response. */
export interface RecordedCall {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly status: number
  readonly response: string
}

/** A notification as it arrived, and what the shop made of it. */
export interface RecordedNotification {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** The event, its decrypted content and the answer of the shop. */
  readonly result: object
}

/** A shop with the built-in simulator as its WeChat Pay, all in this process: no request leaves it. */
export interface DemoShop {
  readonly simulator: Simulator
  readonly client: Wechatpay
  readonly options: WechatpayOptions
  /** Calls the control API of the simulator: `/simulator/pay`. */
  control(path: string, input: unknown): Promise<Response>
  /**
   * Runs work with the simulator, one piece at a time, and records what it causes.
   *
   * @throws {ToolError} `SIMULATOR_FULL`
   */
  record<T>(
    work: () => Promise<T>,
  ): Promise<{ result: T; calls: RecordedCall[]; notifications: RecordedNotification[] }>
}

/** Pieces of work per process, which bounds what the simulator remembers. */
const MAX_WORK = 2000
/** Notifications and calls that a piece of work reports. */
const MAX_RECORDS = 20

export async function createDemoShop(): Promise<DemoShop> {
  let calls: RecordedCall[] = []
  let notifications: RecordedNotification[] = []
  const crypto = webcrypto()
  const simulator = await createSimulator({
    seed: 'mcp',
    crypto,
    deliver: async (input, init) => {
      const request = new Request(input, init)
      const body = await request.clone().text()
      const { result, answer } = await receive(client, request)
      if (notifications.length < MAX_RECORDS)
        notifications.push({ url: request.url, headers: Object.fromEntries(request.headers), body, result })
      return answer
    },
  })
  const recording =
    (send: typeof fetch): typeof fetch =>
    async (input, init) => {
      const request = new Request(input, init)
      const [body, response] = [await textOf(request.clone()), await send(request)]
      if (calls.length < MAX_RECORDS)
        calls.push({
          method: request.method,
          url: request.url,
          headers: Object.fromEntries(request.headers),
          body,
          status: response.status,
          response: await textOf(response.clone()),
        })
      return response
    }
  const options: WechatpayOptions = {
    ...simulator.merchant,
    crypto,
    fetch: recording(simulator.fetch),
    mtlsFetch: recording(simulator.mtlsFetch),
  }
  const client = new Wechatpay(options)
  const mount = createSimulatorMount(simulator)
  let count = 0
  let last: Promise<unknown> = Promise.resolve()
  return {
    simulator,
    client,
    options,
    control: (path, input) =>
      mount(
        new Request(`http://127.0.0.1${path}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(input),
        }),
      ),
    record(work) {
      if (++count > MAX_WORK)
        throw new ToolError(
          'SIMULATOR_FULL',
          `The simulator of this process has done ${MAX_WORK} pieces of work.`,
          'Restart the MCP server for a fresh one, or run wechatpay-edge simulator.',
        )
      const run = async () => {
        calls = []
        notifications = []
        const result = await work()
        await simulator.settled()
        return { result, calls, notifications }
      }
      const done = last.then(run)
      last = done.catch(() => {})
      return done
    },
  }
}

/** Receives a notification as a shop does that has no records. */
async function receive(client: Wechatpay, request: Request): Promise<{ result: object; answer: Response }> {
  try {
    const notification = await receiveNotification(client, request)
    const { event, resource } = notification
    const answer = acknowledge(notification)
    return { result: { verified: true, event, content: resource, answer: answer.status }, answer }
  } catch (error) {
    const failure = failureOf(error)
    if (!failure) throw error
    const answer = refuse(error)
    return { result: { verified: false, why: failure.message, answer: answer.status }, answer }
  }
}

/** Returns the text of a message; of anything but text, its size. */
async function textOf(message: Request | Response): Promise<string> {
  const type = message.headers.get('content-type') ?? ''
  const bytes = await message.arrayBuffer()
  return /json|xml|text|form-urlencoded|^$/.test(type)
    ? new TextDecoder().decode(bytes)
    : `(${bytes.byteLength} bytes, ${type})`
}
