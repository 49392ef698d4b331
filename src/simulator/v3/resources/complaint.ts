import { encrypt } from '../../../core/crypto/rsa.ts'
import type { Complaint, NegotiationEntry } from '../../accounts/complaints/complaint.ts'
import { SHOPPER_IMAGE } from '../../accounts/complaints/complaint-images.ts'
import { rfc3339 } from '../../clock/time.ts'
import type { SimulatorContext } from '../../context.ts'

/** Path of an image, below which it is downloaded. */
const IMAGES = '/v3/merchant-service/images'

/** @param origin scheme and host that the request was sent to, because the images are there */
const imageUrls = (images: readonly string[], origin: string): string[] =>
  images.map(media_id => `${origin}${IMAGES}/${encodeURIComponent(media_id)}`)

/** Creates the JSON of a complaint (投诉单), as its query and the list have it. */
export async function complaintBody(
  complaint: Complaint,
  origin: string,
  { encryptionKey, crypto }: Pick<SimulatorContext, 'encryptionKey' | 'crypto'>,
): Promise<object> {
  const { payer_phone, has_image, problem_type, transaction_id, out_trade_no, amount } = complaint
  return {
    complaint_id: complaint.complaint_id,
    complaint_time: rfc3339(complaint.createdAt),
    complaint_detail: complaint.complaint_detail,
    complaint_state: complaint.state,
    complainted_mchid: complaint.complainted_mchid,
    payer_phone: payer_phone && (await encrypt(payer_phone, encryptionKey, crypto)),
    payer_openid: complaint.payer_openid,
    complaint_media_list: has_image
      ? [{ media_type: 'USER_COMPLAINT_IMAGE', media_url: imageUrls([SHOPPER_IMAGE], origin) }]
      : [],
    complaint_order_info: [{ transaction_id, out_trade_no, amount }],
    service_order_info: [],
    complaint_full_refunded: complaint.complaint_full_refunded,
    incoming_user_response: complaint.incoming_user_response,
    problem_description: complaint.problem_description,
    user_complaint_times: complaint.user_complaint_times,
    problem_type,
    apply_refund_amount: complaint.apply_refund_amount,
    // Only trusted shoppers can ask for a refund (极速退款).
    user_tag_list: problem_type === 'REFUND' ? ['TRUSTED'] : [],
    in_platform_service: complaint.in_platform_service,
    need_immediate_service: complaint.need_immediate_service ?? false,
    is_agent_mode: false,
  }
}

/** Creates the JSON of a line of the negotiation (协商历史). */
export function negotiationBody(entry: NegotiationEntry, origin: string): object {
  const { images = [], operate_type } = entry
  const urls = imageUrls(images, origin)
  const media_type = operate_type === 'USER_CREATE_COMPLAINT' ? 'USER_COMPLAINT_IMAGE' : 'OPERATION_IMAGE'
  return {
    log_id: entry.log_id,
    operator: entry.operator,
    operate_time: rfc3339(entry.at),
    operate_type,
    operate_details: entry.operate_details,
    image_list: urls,
    complaint_media_list: urls.length > 0 ? { media_type, media_url: urls } : undefined,
    normal_message: entry.normal_message,
  }
}
