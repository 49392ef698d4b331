import { randomBytes } from 'node:crypto'
import { fromUtf8 } from '../../../core/base/bytes.ts'
import { readBounded } from '../../../core/base/read-bounded.ts'
import { type SendOutcome, sendEvent } from '../../../gateway/delivery/send.ts'
import { createSigner } from '../../../gateway/delivery/webhook.ts'
import { createGuardedFetch } from '../../../server/guarded-fetch.ts'
import { CommandError, usageError } from '../../command.ts'

/** The outcome of an attempt, with the text of the response that refuses. */
export type ForwardOutcome = SendOutcome & { readonly response?: string }

/** The local address that gets the events, as Standard Webhooks. */
export interface Target {
  readonly url: URL
  /** Another machine gets the events. */
  readonly isRemote: boolean
  send(message: { readonly id: string; readonly body: string; readonly attempt: number }): Promise<ForwardOutcome>
}

/** Creates a secret as the gateway's endpoints have one. */
export const createSecret = (): string => `whsec_${randomBytes(32).toString('base64')}`

/**
 * Reads `--forward-to`: a URL, or a port or host of it, such as `3000` or `localhost:3000/events`.
 *
 * @param example an address whose route accepts the format of what is forwarded
 * @throws {CommandError}
 */
export function readTargetUrl(text: string | undefined, example: string): URL {
  if (text === undefined) throw usageError(`--forward-to is missing. Give the address of your program: ${example}`)
  const complete = /^\d{1,5}(?:\/|$)/.test(text)
    ? `http://127.0.0.1:${text}`
    : /^[a-z]+:\/\//i.test(text)
      ? text
      : `http://${text}`
  const url = URL.canParse(complete) ? new URL(complete) : undefined
  if (!url || !/^https?:$/.test(url.protocol))
    throw usageError(`--forward-to must be an address such as ${example}, not ${JSON.stringify(text)}.`)
  if (url.username || url.password)
    throw usageError(
      '--forward-to: the address contains a user name or password. Remove it: the events are signed instead.',
    )
  return url
}

/** Bytes of a refusal that are read. A longer one is not shown. */
const MAX_REFUSAL = 65_536

/** Creates the target. Messages are sent as the gateway sends them: signed, with a time limit, without following redirects. */
export function createTarget(url: URL, secret: string): Target {
  requireSecret(secret)
  const endpoint = { name: 'listen', url: url.href, events: ['*'], secrets: [secret], allowPrivate: true }
  const guardedFetch = createGuardedFetch({ allowPrivate: true })
  return {
    url,
    isRemote: !isThisMachine(url),
    async send(message) {
      let refusal: string | undefined
      const fetch: typeof globalThis.fetch = async (...request) => {
        const response = await guardedFetch(...request)
        // `new Response` refuses a status beyond 599, which a server may send.
        if (response.status < 400 || response.status > 599) return response
        const { status, headers } = response
        refusal = fromUtf8((await readBounded(response.body, MAX_REFUSAL)) ?? new Uint8Array(0))
        return new Response(null, { status, headers })
      }
      const outcome = await sendEvent({ endpoint, ...message }, { fetch, now: Date.now })
      return refusal ? { ...outcome, response: refusal } : outcome
    },
  }
}

export const isThisMachine = ({ hostname }: URL): boolean =>
  /^(?:127\.\d+\.\d+\.\d+|\[::1\]|(?:.+\.)?localhost)$/.test(hostname)

/** @throws {CommandError} */
function requireSecret(secret: string): void {
  try {
    createSigner([secret])
  } catch (error) {
    // The message names the position in a list of secrets, which is of no use here.
    throw new CommandError(`WEBHOOK_SECRET ${(error as Error).message.replace(/^secrets\.0: /, '')}.`)
  }
}
