import { SECOND } from '../../../core/base/time.ts'
import type { AccountsContext } from '../context.ts'
import type { Orders } from '../orders/orders.ts'
import { createRecords, type Records } from '../records.ts'
import { Rejection } from '../rejection.ts'
import { stateAfter } from '../state-machine.ts'
import {
  FAPIAO_STATES,
  type Fapiao,
  type FapiaoApplication,
  type FapiaoApplicationDraft,
  type FapiaoApplicationName,
  type FapiaoCard,
  type FapiaoChanged,
  type FapiaoDraft,
  type FapiaoEvent,
  type FapiaoNumbers,
  type FapiaoTitleFilled,
  fapiaoKey,
} from './fapiao.ts'
import { requireRequested, requireTransactions } from './fapiao-limits.ts'
import { requireSums } from './fapiao-lines.ts'
import { createFapiaoSettings, type FapiaoSettings } from './fapiao-settings.ts'
import { finishCard, finishFapiao, isPending, type StepContext } from './fapiao-steps.ts'
import { createFapiaoTitles, type FapiaoTitles, findPaidOrder } from './fapiao-titles.ts'

/** Names an invoice of an application. */
export interface FapiaoName extends FapiaoApplicationName {
  readonly fapiao_id: string
}

/** An invoice that the merchant has issued elsewhere, for the user's wallet. */
export interface ForeignFapiao extends FapiaoDraft {
  readonly fapiao_media_id: string
  readonly blue: FapiaoNumbers
}

/** Electronic invoices (电子发票). Two seconds after a request was accepted, it is carried out; after two more, the card follows. */
export interface Fapiaos {
  readonly settings: FapiaoSettings
  readonly titles: FapiaoTitles
  /**
   * Applies for invoices; repeats the first result for the same number with the same parameters.
   *
   * @throws {Rejection} `FAPIAO_NUMBER_USED`, `FAPIAO_LINES`, `FAPIAO_ORDER`, `FAPIAO_NOT_REQUESTED`, `FAPIAO_TOO_MUCH`
   */
  apply(draft: FapiaoApplicationDraft, fapiaos: readonly FapiaoDraft[]): FapiaoApplication
  /**
   * Puts invoices that were issued elsewhere into the user's wallet.
   *
   * @throws {Rejection} `FAPIAO_MEDIA`, and as {@link Fapiaos.apply}
   */
  insertCards(draft: FapiaoApplicationDraft, fapiaos: readonly ForeignFapiao[]): FapiaoApplication
  /** @throws {Rejection} `FAPIAO_UNKNOWN` */
  require(name: FapiaoApplicationName): FapiaoApplication
  find(name: FapiaoApplicationName): FapiaoApplication | undefined
  /**
   * Reverses invoices (冲红): all of them, or none.
   *
   * @throws {Rejection} `FAPIAO_UNKNOWN`, `FAPIAO_STATE`
   */
  reverse(name: FapiaoApplicationName, fapiaos: readonly { fapiao_id: string; fapiao_number: string }[]): void
  /**
   * Refuses to issue or to reverse an invoice as the tax office.
   *
   * @throws {Rejection} `FAPIAO_UNKNOWN`, `FAPIAO_STATE`
   */
  fail(name: FapiaoName, message: string): Fapiao
  all(): Iterable<FapiaoApplication>
}

const STEP_TIME = 2 * SECOND

export function createFapiaos(context: AccountsContext<FapiaoChanged | FapiaoTitleFilled>, orders: Orders): Fapiaos {
  const records = createRecords(context.state.map<FapiaoApplication>('fapiao-applications'), {
    keyOf: fapiaoKey,
    numbersOf: () => [],
  })
  const settings = createFapiaoSettings(context)
  const titles = createFapiaoTitles(context, orders, settings.notifyUrl)
  const newCardOf = (draft: FapiaoApplicationDraft) => settings.newCard(userOf(draft, titles, orders))
  const schedule = createSteps(context, records, settings, newCardOf)
  const requireApplication = (name: FapiaoApplicationName) => requireFound(records.find(fapiaoKey(name)), name)
  /** Returns the application that a request repeats; of a new one, checks what it is for. */
  const findRepeated = (draft: FapiaoApplicationDraft, fapiaos: readonly FapiaoDraft[]) => {
    const existing = records.findRepeated(fapiaoKey(draft), draft.fingerprint, 'FAPIAO_NUMBER_USED')
    if (existing) return existing
    requireSums(fapiaos)
    requireTransactions(draft, fapiaos, orders)
    requireRequested(draft, fapiaos, titles)
    return undefined
  }
  return {
    settings,
    titles,
    apply(draft, fapiaos) {
      const existing = findRepeated(draft, fapiaos)
      if (existing) return existing
      const begun = { status: 'ISSUE_ACCEPTED', dueAt: schedule(draft) } as const
      return records.save({ ...draft, fapiaos: fapiaos.map(fapiao => ({ ...fapiao, ...begun })) })
    },
    insertCards(draft, fapiaos) {
      const existing = findRepeated(draft, fapiaos)
      if (existing) return existing
      settings.requireMedia(fapiaos.map(({ fapiao_media_id }) => fapiao_media_id))
      const issued = { status: 'ISSUED', dueAt: schedule(draft) } as const
      return records.save({
        ...draft,
        fapiaos: fapiaos.map(one => ({ ...one, ...issued, ...withCard(newCardOf(draft)) })),
      })
    },
    require: requireApplication,
    find: name => records.find(fapiaoKey(name)),
    reverse(name, reversals) {
      const application = requireApplication(name)
      const reversed = reversals.map(reversal => requireReversible(application, reversal))
      const dueAt = schedule(name)
      const fapiaos = application.fapiaos.map(fapiao =>
        reversed.includes(fapiao)
          ? { ...fapiao, status: statusAfter(fapiao, 'reverse'), dueAt, error: undefined }
          : fapiao,
      )
      records.save({ ...application, fapiaos })
    },
    fail(name, message) {
      const application = requireApplication(name)
      const fapiao = requireFapiao(application, name.fapiao_id)
      const failed = failedFapiao(fapiao, message)
      records.save({ ...application, fapiaos: application.fapiaos.map(one => (one === fapiao ? failed : one)) })
      return failed
    },
    all: records.all,
  }
}

/** Returns the user of the invoices of an application, who has paid the order or is to fill in the title. */
function userOf(
  { fapiao_apply_id, sub_mchid, scene }: FapiaoApplicationDraft,
  titles: FapiaoTitles,
  orders: Orders,
): string | undefined {
  const order = scene === 'WITH_WECHATPAY' ? findPaidOrder(fapiao_apply_id, sub_mchid, orders) : undefined
  return order?.payer.openid ?? titles.find({ fapiao_apply_id, sub_mchid })?.openid
}

/** @throws {Rejection} `FAPIAO_UNKNOWN` */
function requireFound(application: FapiaoApplication | undefined, name: FapiaoApplicationName): FapiaoApplication {
  if (!application) throw new Rejection('FAPIAO_UNKNOWN', name.fapiao_apply_id)
  return application
}

const withCard = (card: FapiaoCard | undefined) => card && { card }

/**
 * Carries out what is due: the tax office issues and reverses, the wallet takes cards in and out.
 *
 * @returns a function that schedules the next step of an application, and returns its time
 */
function createSteps(
  context: AccountsContext<FapiaoChanged>,
  records: Records<FapiaoApplication>,
  { notifyUrl }: FapiaoSettings,
  newCardOf: (application: FapiaoApplication) => FapiaoCard | undefined,
): (application: FapiaoApplicationName) => number {
  const { scheduler, now, emit } = context
  const schedule = (application: FapiaoApplicationName): number => {
    const at = now() + STEP_TIME
    scheduler.schedule(at, 'fapiao-step', { key: fapiaoKey(application) })
    return at
  }
  scheduler.on<{ key: string }>('fapiao-step', ({ key }) => {
    const application = records.find(key)!
    const steps: StepContext = { ...context, newCard: () => newCardOf(application) }
    const events = new Set<FapiaoChanged['type']>()
    const fapiaos = application.fapiaos.map(fapiao => {
      if (fapiao.dueAt > now()) return fapiao
      const [changed, event] = finishFapiao(fapiao, steps) ?? finishCard(fapiao) ?? [fapiao]
      if (event) events.add(event)
      return isPending(changed) ? { ...changed, dueAt: schedule(application) } : changed
    })
    const stepped = records.save({ ...application, fapiaos })
    for (const type of events) emit({ type, application: stepped, notify_url: notifyUrl(stepped.sub_mchid) })
  })
  return schedule
}

/**
 * Returns an invoice that can be reversed.
 *
 * @throws {Rejection} `FAPIAO_UNKNOWN`, `FAPIAO_STATE`
 */
function requireReversible(
  application: FapiaoApplication,
  { fapiao_id, fapiao_number }: { readonly fapiao_id: string; readonly fapiao_number: string },
): Fapiao {
  const fapiao = requireFapiao(application, fapiao_id)
  if (fapiao.blue?.fapiao_number !== fapiao_number) throw new Rejection('FAPIAO_UNKNOWN', fapiao_number)
  // Documented: only an invoice that WeChat Pay has issued can be reversed.
  if (fapiao.fapiao_media_id !== undefined) throw new Rejection('FAPIAO_STATE', `${fapiao_id} was issued elsewhere`)
  statusAfter(fapiao, 'reverse')
  return fapiao
}

function statusAfter({ fapiao_id, status }: Fapiao, event: FapiaoEvent): Fapiao['status'] {
  const next = stateAfter(FAPIAO_STATES, status, event)
  if (!next) throw new Rejection('FAPIAO_STATE', `${fapiao_id} is ${status}`)
  return next
}

/** @throws {Rejection} `FAPIAO_STATE`: it is neither being issued nor reversed */
function failedFapiao(fapiao: Fapiao, message: string): Fapiao {
  const status = statusAfter(fapiao, fapiao.status === 'ISSUE_ACCEPTED' ? 'fail-issue' : 'fail-reversal')
  return { ...fapiao, status, error: { code: 'BIZ_ERROR', message } }
}

function requireFapiao({ fapiaos, fapiao_apply_id }: FapiaoApplication, fapiao_id: string): Fapiao {
  const fapiao = fapiaos.find(one => one.fapiao_id === fapiao_id)
  if (!fapiao) throw new Rejection('FAPIAO_UNKNOWN', `${fapiao_apply_id}: ${fapiao_id}`)
  return fapiao
}
