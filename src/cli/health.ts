import { type Command, CommandError, usageError } from './command.ts'
import { excerptOf } from './terminal.ts'

/** Milliseconds that the response may take. */
const RESPONSE_TIMEOUT = 2000
const EXAMPLE = 'http://127.0.0.1:8989/healthz'

const adviceOn = (url: string, status: number): string =>
  status === 404 && new URL(url).pathname === '/'
    ? 'Ask /healthz of a simulator, /livez of a gateway.'
    : 'See the log of the server.'

export const health: Command = {
  name: 'health',
  operands: '<url>',
  description: `Asks a running simulator or gateway whether it serves: exit code 0 if it responds with 2xx, otherwise 1. For the health
check of a container that has no other program.`,
  options: [],
  epilogue: `For example:
  wechatpay-edge health ${EXAMPLE}   # wechatpay-edge simulator
  wechatpay-edge health http://127.0.0.1:8787/livez     # wechatpay-edge serve`,

  async run(_values, { print, stopped }, [url, ...more]) {
    if (url === undefined || more.length > 0 || !URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
      throw usageError(`Give one address: wechatpay-edge health ${EXAMPLE}`)
    const signal = AbortSignal.any([stopped, AbortSignal.timeout(RESPONSE_TIMEOUT)])
    const { status, ok, body } = await fetch(url, { signal, redirect: 'manual' }).catch((error: Error) => {
      const { cause, message } = error
      throw new CommandError(
        `${url} does not respond: ${excerptOf(cause instanceof Error ? cause.message : message)}. See whether the server runs there.`,
      )
    })
    await body?.cancel()
    if (!ok) throw new CommandError(`${url} responds with ${status}. ${adviceOn(url, status)}`)
    print(`${url} serves.`)
  },
}
