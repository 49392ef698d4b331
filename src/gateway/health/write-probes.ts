import type { GatewayContext } from '../context.ts'
import { LedgerError } from '../store/ledger-error.ts'
import { type Finding, findingOf } from './finding.ts'
import { withTimeout } from './ledger-timeout.ts'

/** The result of a check, as the page shows it. */
export interface Line extends Finding {
  /** Absent if the check is about the gateway as a whole. */
  readonly merchant?: string
  readonly check: string
}

/** Tests whether each ledger can be written to. Several merchants may share one. */
export async function writeProbes({ merchants, ledgerOf, log }: GatewayContext): Promise<Line[]> {
  const probes = new Map<unknown, Promise<Finding>>()
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

async function writeProbe(write: () => Promise<unknown>): Promise<Finding> {
  try {
    await write()
    return findingOf('ok', 'ledger_writable')
  } catch (error) {
    return findingOf('fail', findingCodeOf(error), { reason: reasonOf(error) })
  }
}

function findingCodeOf(error: unknown): 'ledger_newer' | 'ledger_not_writable' | 'disk_not_writable' {
  if (!(error instanceof LedgerError)) return 'disk_not_writable'
  return error.code === 'LEDGER_NEWER' ? 'ledger_newer' : 'ledger_not_writable'
}

export const reasonOf = (error: unknown): string =>
  error instanceof Error ? error.message.slice(0, 200) : typeof error
