import type { AccountsContext } from '../context.ts'
import { newDigits } from '../numbers.ts'
import { Rejection } from '../rejection.ts'
import type { FapiaoCard, FapiaoConfig } from './fapiao.ts'

/** The settings of a merchant for invoices: options, the template of cards, and uploaded files. */
export interface FapiaoSettings {
  /** Returns the URL that is notified of invoices, if the merchant has set one. */
  notifyUrl(sub_mchid: string | undefined): string | undefined
  /** @throws {Rejection} `FAPIAO_CONFIG_UNKNOWN` */
  config(sub_mchid: string | undefined): FapiaoConfig
  /** Changes the options; an absent one stays as it is. */
  configure(sub_mchid: string | undefined, change: Partial<FapiaoConfig>): FapiaoConfig
  /** Creates a template of cards, and returns its number. */
  createTemplate(card_appid: string): string
  /** Returns a card of the last template; undefined if there is none, or the user is not known. */
  newCard(card_openid: string | undefined): FapiaoCard | undefined
  addMedia(fapiao_media_id: string): void
  /** @throws {Rejection} `FAPIAO_MEDIA` */
  requireMedia(fapiao_media_ids: readonly string[]): void
}

const DEFAULTS: FapiaoConfig = { callback_url: '', show_fapiao_cell: false, support_vat_fapiao: false }

export function createFapiaoSettings(context: Pick<AccountsContext, 'state' | 'random'>): FapiaoSettings {
  const { state, random } = context
  const media = state.map<true>('fapiao-media')
  const configs = state.map<FapiaoConfig>('fapiao-configs')
  const templates = state.map<Pick<FapiaoCard, 'card_appid' | 'card_id'>>('fapiao-templates')
  return {
    notifyUrl: (sub_mchid = '') => configs.get(sub_mchid)?.callback_url,
    config(sub_mchid = '') {
      const config = configs.get(sub_mchid)
      if (!config) throw new Rejection('FAPIAO_CONFIG_UNKNOWN', sub_mchid)
      return config
    },
    configure(sub_mchid = '', change) {
      const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined))
      const config = { ...DEFAULTS, ...configs.get(sub_mchid), ...given }
      configs.set(sub_mchid, config)
      return config
    },
    createTemplate(card_appid) {
      const card_id = `p${random.hex(27)}`
      templates.set('last', { card_appid, card_id })
      return card_id
    },
    newCard(card_openid) {
      const template = templates.get('last')
      if (!template || card_openid === undefined) return undefined
      return {
        ...template,
        card_openid,
        card_code: newDigits(12, context, () => false),
        card_status: 'INSERT_ACCEPTED',
      }
    },
    addMedia: fapiao_media_id => void media.set(fapiao_media_id, true),
    requireMedia(fapiao_media_ids) {
      const missing = fapiao_media_ids.find(id => !media.has(id))
      if (missing !== undefined) throw new Rejection('FAPIAO_MEDIA', missing)
    },
  }
}
