import type { GatewayContext } from '../context.ts'
import { LedgerError } from '../store/ledger-error.ts'
import { withTimeout } from './ledger-timeout.ts'

/** The result of a check, as the page shows it. */
export interface Line {
  /** Absent if the check is about the gateway as a whole. */
  readonly merchant?: string
  readonly check: string
  readonly status: 'ok' | 'warn' | 'fail'
  readonly detail: string
}

/** Tests whether each ledger can be written to. Several merchants may share one. */
export async function writeProbes({ merchants, ledgerOf, log }: GatewayContext): Promise<Line[]> {
  const probes = new Map<unknown, Promise<Pick<Line, 'status' | 'detail'>>>()
  const lines = Object.keys(merchants).map(async merchant => {
    const ledger = ledgerOf(merchant)
    const probe = probes.get(ledger) ?? writeProbe(() => withTimeout(() => ledger.probeWrite()))
    probes.set(ledger, probe)
    return { merchant, check: 'ledger_write', ...(await probe) }
  })
  const found = await Promise.all(lines)
  for (const { merchant: mchid, status, detail } of found)
    if (status === 'fail') log.error('ledger not writable', { mchid, detail })
  return found
}

async function writeProbe(write: () => Promise<unknown>): Promise<Pick<Line, 'status' | 'detail'>> {
  try {
    await write()
    return { status: 'ok', detail: 'The ledger can be written to.' }
  } catch (error) {
    return {
      status: 'fail',
      detail: `The ledger cannot be written to (${reasonOf(error)}), so that notifications are refused until WeChat Pay sends them again.${error instanceof LedgerError ? '' : ' Free space on its disk.'}`,
    }
  }
}

export const reasonOf = (error: unknown): string =>
  error instanceof Error ? error.message.slice(0, 200) : typeof error
