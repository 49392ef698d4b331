// A brand (品牌) lists its membership cards and hears of a member who has left. WeChat Pay is simulated: no account needed.
import { Wechatpay } from 'wechatpay-edge'
import { createNotificationHandler } from 'wechatpay-edge/notification'
import { createSimulator } from 'wechatpay-edge/simulator'

const simulator = await createSimulator({
  brandId: '40001',
  deliver: (input, init) => handler(new Request(input, init)),
})
// The keys of the brand, none of which is a merchant's: 品牌经营平台 → 账户管理 → 安全中心.
const wxpay = new Wechatpay({ brand: simulator.brand!, fetch: simulator.fetch })

const { data, verifiedBy } = await wxpay.brand.cardMember.cards.get({ params: { offset: 0, limit: 10 } })
console.log(`cards of the brand ${data.data?.[0]?.brand_id}, proven by ${verifiedBy?.slice(0, 11)}…`)

const handler = createNotificationHandler(wxpay, {
  'BRAND_MEMBER_CARD.USER_CARD.DELETE': ({ resource }, { brandId }) =>
    console.log(`a member of ${brandId} has left: ${typeof resource.user_card_code}`),
})
const event = 'BRAND_MEMBER_CARD.USER_CARD.DELETE'
const sent = await simulator.notify.send({ url: 'https://example.com/notify', api: 'brand', event })
console.log(`notification ${sent.state}`)

// A client of a brand does not call APIv3, and says what it would need.
await wxpay.v3.certificates.get().catch(error => console.log(error.code, error.option))
