import type { Accounts } from '../../accounts/accounts.ts'
import type {
  Fapiao,
  FapiaoApplication,
  FapiaoApplicationName,
  FapiaoBuyer,
  FapiaoTitle,
} from '../../accounts/fapiao/fapiao.ts'
import type { FapiaoName } from '../../accounts/fapiao/fapiaos.ts'
import { newest } from '../newest.ts'

/** Acts as the buyers of electronic invoices (电子发票), and as the tax office. */
export interface FapiaoControl {
  /**
   * Fills in the title of an invoice as the buyer (填写抬头): of an application for which the merchant has asked for the link, or of a
   * paid order, whose number `fapiao_apply_id` then is.
   *
   * @throws {Rejection} there is no such link, and no such paid order
   * @example
   * ```ts
   * simulator.fillFapiaoTitle({ fapiao_apply_id: transaction_id }, { type: 'INDIVIDUAL', name: '张三' })
   * ```
   */
  fillFapiaoTitle(application: FapiaoApplicationName, buyer: FapiaoBuyer): FapiaoTitle
  /**
   * Refuses to issue or to reverse an invoice as the tax office, within two seconds of the merchant's call.
   *
   * @param message default `税局拒绝`
   * @throws {Rejection} there is no such invoice, or it is neither being issued nor reversed
   */
  failFapiao(fapiao: FapiaoName, message?: string): Fapiao
  fapiaoApplication(application: FapiaoApplicationName): FapiaoApplication | undefined
  /**
   * Returns the applications for invoices that were made last, the newest first.
   *
   * @param max default 100
   */
  fapiaoApplications(max?: number): FapiaoApplication[]
}

export const createFapiaoControl = ({ fapiaos }: Pick<Accounts, 'fapiaos'>): FapiaoControl => ({
  fillFapiaoTitle: (application, buyer) => fapiaos.titles.fill(application, buyer),
  failFapiao: (fapiao, message = '税局拒绝') => fapiaos.fail(fapiao, message),
  fapiaoApplication: application => fapiaos.find(application),
  fapiaoApplications: max => newest(fapiaos.all(), max),
})
