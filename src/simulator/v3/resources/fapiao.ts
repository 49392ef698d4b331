import type { PublicKey } from '../../../core/crypto/keys.ts'
import { encrypt } from '../../../core/crypto/rsa.ts'
import {
  DEFAULT_TAX_RATE,
  type Fapiao,
  type FapiaoApplication,
  type FapiaoBuyer,
  type FapiaoItem,
  type FapiaoTitle,
  taxOf,
} from '../../accounts/fapiao/fapiao.ts'
import { fapiaoTax } from '../../accounts/fapiao/fapiao-lines.ts'
import { rfc3339 } from '../../clock/time.ts'

/** The seller (销售方信息) and the staff (附加信息) that a merchant has set on its platform. */
export const SELLER: object = {
  name: '深圳市南山区测试公司',
  taxpayer_id: '202003261233701778',
  address: '深圳市南山区深南大道10000号',
  telephone: '075512345678',
  bank_name: '测试银行',
  bank_account: '62001234567890',
}
export const STAFF: object = { payee: '张三', reviewer: '李四', drawer: '王五' }

/** The key that encrypts for the merchant. */
interface EncryptionContext {
  readonly encryptionKey: PublicKey
  readonly crypto: Crypto
}

/** Returns the title with the phone number and the address encrypted for the merchant. */
export async function buyerBody(buyer: FapiaoBuyer, { encryptionKey, crypto }: EncryptionContext): Promise<object> {
  const { phone, email } = buyer
  return {
    ...buyer,
    ...(phone && { phone: await encrypt(phone, encryptionKey, crypto) }),
    ...(email && { email: await encrypt(email, encryptionKey, crypto) }),
  }
}

/** Units of `quantity` and `unit_price` in the documents: 10^-8, and 10^-8 fen. */
const SCALE = 100_000_000

function itemBody(item: FapiaoItem): object {
  const { tax_code, goods_name = '', specification, unit, quantity = SCALE, total_amount, discount } = item
  const amount = total_amount - taxOf(item)
  return {
    tax_code,
    goods_name,
    specification,
    unit,
    quantity,
    unit_price: quantity === 0 ? 0 : Math.round((amount * SCALE) / quantity),
    amount,
    tax_amount: taxOf(item),
    total_amount,
    tax_rate: item.tax_rate ?? DEFAULT_TAX_RATE,
    tax_prefer_mark: item.tax_prefer_mark ?? 'NO_FAVORABLE',
    discount,
  }
}

/** Creates the JSON of an invoice (电子发票). */
export async function fapiaoBody(fapiao: Fapiao, buyer: FapiaoBuyer, context: EncryptionContext): Promise<object> {
  const tax_amount = fapiaoTax(fapiao)
  return {
    fapiao_id: fapiao.fapiao_id,
    status: fapiao.status,
    blue_fapiao: fapiao.blue,
    red_fapiao: fapiao.red,
    card_information: fapiao.card,
    total_amount: fapiao.total_amount,
    tax_amount,
    amount: fapiao.total_amount - tax_amount,
    seller_information: SELLER,
    buyer_information: await buyerBody(buyer, context),
    extra_information: STAFF,
    items: fapiao.items.map(itemBody),
    remark: fapiao.remark,
    fapiao_error_code: fapiao.error?.code,
    fapiao_error_message: fapiao.error?.message,
  }
}

/** Returns the resource of a notification about the invoices of an application. */
export const fapiaoResource = ({ mchid, sub_mchid, fapiao_apply_id, fapiaos }: FapiaoApplication): object => ({
  mchid,
  ...(sub_mchid && { sub_mchid }),
  fapiao_apply_id,
  fapiao_information: fapiaos.map(({ fapiao_id, status, card }) => ({
    fapiao_id,
    fapiao_status: status,
    ...(card && { card_status: card.card_status }),
  })),
})

/** Returns the resource of the notification that a user has filled in the title. */
export const titleResource = ({ mchid, sub_mchid, fapiao_apply_id, filledAt }: FapiaoTitle): object => ({
  mchid,
  ...(sub_mchid && { sub_mchid }),
  fapiao_apply_id,
  apply_time: rfc3339(filledAt!),
})
