import type { Authenticate } from './caller/authenticate.ts'
import type { GatewayOptions } from './ports.ts'
import { Refusal } from './problem.ts'
import type { Ledger } from './store/ledger.ts'

/**
 * The ledgers of a gateway. On Cloudflare each name creates an object, which persists and is charged for. So only names from the
 * configuration or from an authentication have a ledger, whatever name a request contains.
 */
export interface Ledgers {
  /**
   * Returns the ledger of a merchant.
   *
   * @throws {Refusal} 404 `MERCHANT_UNKNOWN`
   */
  readonly ledgerOf: (mchid: string) => Ledger
  /**
   * Returns the ledger of a caller.
   *
   * @throws {Refusal} 404 `CALLER_UNKNOWN`
   */
  readonly callerLedgerOf: (caller: string) => Ledger
  /** Lists the ledgers of all callers, each once, by the name of the first caller that has it. */
  readonly callerLedgers: () => ReadonlyMap<string, Ledger>
  /** Returns the ledger for data shared by all merchants and callers. */
  readonly gatewayLedger: () => Ledger
  /** Returns the ledger of a merchant with deliveries in the outbox, which may have been removed from the configuration. */
  readonly outboxLedgerOf: (mchid: string) => Ledger
  /** Lists the ledgers from which retention deletes rows, those of merchants and callers, each once: they may all be the same object. */
  readonly retainedLedgers: () => readonly Ledger[]
  /** Lists the ledgers of the configuration with their names, which may all be the same object. */
  readonly namedLedgers: () => readonly (readonly [name: string, ledger: Ledger])[]
}

/** The name of the ledger for data shared by all merchants and callers. That of a merchant's ledger is its merchant id. */
export const GATEWAY_LEDGER = 'gateway'
/** Returns the name of a caller's ledger. */
export const callerLedger = (caller: string): string => `caller/${caller}`
/** Characters of an unknown name that its error shows. */
const MAX_SHOWN = 40

/**
 * Creates access to the ledgers of the configured merchants and callers.
 *
 * @returns `noteCallers` wraps an authentication, which may return callers that the configuration does not list
 */
export function createLedgers({
  merchants,
  callers,
  ledgerOf: ledgerNamed,
}: Pick<GatewayOptions, 'merchants' | 'callers' | 'ledgerOf'>): Ledgers & {
  readonly noteCallers: (authenticate: Authenticate) => Authenticate
} {
  const configured = callers.map(({ name }) => name)
  const callerNames = new Set(configured)
  const retained = [...Object.keys(merchants), ...configured.map(callerLedger)]
  return {
    ledgerOf(mchid) {
      if (!Object.hasOwn(merchants, mchid)) throw unknown('merchant', mchid)
      return ledgerNamed(mchid)
    },
    callerLedgerOf(caller) {
      if (!callerNames.has(caller)) throw unknown('caller', caller)
      return ledgerNamed(callerLedger(caller))
    },
    callerLedgers() {
      const names = new Map<Ledger, string>()
      for (const caller of callerNames) {
        const ledger = ledgerNamed(callerLedger(caller))
        if (!names.has(ledger)) names.set(ledger, caller)
      }
      return new Map([...names].map(([ledger, caller]) => [caller, ledger]))
    },
    gatewayLedger: () => ledgerNamed(GATEWAY_LEDGER),
    outboxLedgerOf: ledgerNamed,
    retainedLedgers: () => [...new Set(retained.map(name => ledgerNamed(name)))],
    namedLedgers: () => [...retained, GATEWAY_LEDGER].map(name => [name, ledgerNamed(name)]),
    noteCallers: authenticate => async request => {
      const caller = await authenticate(request)
      callerNames.add(caller.name)
      return caller
    },
  }
}

const unknown = (kind: 'merchant' | 'caller', name: string): Refusal =>
  new Refusal({
    status: 404,
    code: kind === 'merchant' ? 'MERCHANT_UNKNOWN' : 'CALLER_UNKNOWN',
    detail: `The gateway has no ${kind} ${JSON.stringify(name.slice(0, MAX_SHOWN))}. If it was removed, configure it again to read its ledger.`,
  })
