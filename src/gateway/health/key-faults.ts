import { ServiceError, WechatpayError } from '../../core/index.ts'
import type { Fault, FaultKind } from '../store/faults.ts'
import type { Ledger } from '../store/ledger.ts'

/** Milliseconds in which a failure that goes on is noted once: a stranger's notifications must not each cost a row. */
const NOTED_FOR = 60_000
/** Milliseconds in which a success is told to the ledger once, which may hold a failure that another isolate has seen. */
const CLEARED_FOR = 5 * 60_000
/** Codes of APIv3 and APIv2 by which WeChat Pay refuses a signature. */
const REFUSED: ReadonlySet<string> = new Set(['SIGN_ERROR', 'SIGNERROR'])
/** Errors of a response that the configured keys do not open. One without a signature may be a proxy's, and tells nothing. */
const UNPROVEN: ReadonlySet<string> = new Set(['SIGNATURE_INVALID', 'SIGNATURE_UNKNOWN_SERIAL', 'DECRYPTION_FAILED'])

/** What traffic tells of the merchants' keys. */
export interface KeyFaults {
  /**
   * Notes how a call to WeChat Pay ended. An outcome that says nothing of the keys changes nothing.
   *
   * @param error what it was rejected with; undefined: it was answered, and the response is verified
   */
  called(mchid: string, error?: unknown): Promise<void>
  /** Notes that a notification with a valid signature could not be decrypted. */
  undecrypted(mchid: string): Promise<void>
}

/**
 * Learns from traffic whether a merchant's keys work, which nothing else shows: a private key that is not the serial's looks as good
 * as any. Only our own calls and verified signatures count, for anybody can send the rest. The ledger keeps the last failure,
 * because isolates are many; it costs a call when something fails, and one in minutes while nothing does. It never rejects.
 */
export function createKeyFaults(ledgerOf: (name: string) => Ledger, now: () => number): KeyFaults {
  const noted = new Map<string, { readonly code: string | undefined; readonly at: number }>()

  async function note(mchid: string, kind: FaultKind, code: string | undefined): Promise<void> {
    const key = `${kind} ${mchid}`
    const last = noted.get(key)
    const age = last ? now() - last.at : Number.POSITIVE_INFINITY
    if (last?.code === code && age >= 0 && age < (code === undefined ? CLEARED_FOR : NOTED_FOR)) return
    noted.set(key, { code, at: now() })
    try {
      const ledger = ledgerOf(mchid)
      await (code === undefined ? ledger.clearFault(mchid, kind) : ledger.noteFault(mchid, kind, code))
    } catch {
      // The next outcome tells it again.
      noted.delete(key)
    }
  }

  return {
    async called(mchid, error) {
      const code = codeOf(error)
      const isProven = error === undefined || (error instanceof ServiceError && error.verifiedBy !== undefined)
      if (code !== undefined || isProven) await note(mchid, 'calls', code)
    },
    undecrypted: mchid => note(mchid, 'notifications', 'DECRYPTION_FAILED'),
  }
}

function codeOf(error: unknown): string | undefined {
  if (error instanceof ServiceError) return REFUSED.has(error.serviceCode) ? error.serviceCode : undefined
  return error instanceof WechatpayError && UNPROVEN.has(error.code) ? error.code : undefined
}

/** What a failure says to whoever runs the gateway. */
export function describeFault({ kind, code, at }: Fault): { status: 'warn' | 'fail'; detail: string } {
  const time = new Date(at).toISOString()
  if (kind === 'notifications')
    return {
      // WeChat Pay signs for all merchants, so that a stranger who is one can send a notification of their own here.
      status: 'warn',
      detail: `At ${time} a notification with a valid signature could not be decrypted. If none has arrived since, the APIv3 key is wrong: compare it with 商户平台 → API 安全.`,
    }
  return { status: 'fail', detail: `${CALLS[code] ?? CALLS_REFUSED} It was at ${time} (${code}).` }
}

const CALLS_REFUSED =
  'WeChat Pay refused the signature of the last call. The private key, the serial and the merchant id do not belong together: compare them with 商户平台 → API 安全.'
const RESPONSE_UNVERIFIED =
  "The response to the last call could not be verified. The public key (微信支付公钥) and its id, or the platform certificates, are not this merchant's."
const CALLS: Readonly<Record<string, string>> = {
  SIGNATURE_INVALID: RESPONSE_UNVERIFIED,
  SIGNATURE_UNKNOWN_SERIAL: RESPONSE_UNVERIFIED,
  DECRYPTION_FAILED: 'The response to the last call could not be decrypted. The APIv3 key is wrong.',
}
