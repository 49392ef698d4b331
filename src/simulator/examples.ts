/** Numbers of records that exist in a fresh simulator, for a first call without preparation. */
export interface SimulatorExamples {
  readonly sub_mchid: string
  readonly openid: string
  /** `GET /v3/payroll-card/authentications/{authenticate_number}`: an authentication that succeeded. */
  readonly authenticate_number: string
  /** `GET /v3/compliance/inactive-merchant-identity-verification/…`: one verification for each state. */
  readonly verification_id: { readonly processing: string; readonly success: string; readonly fail: string }
  /** `GET /v3/apply4subject/applyment`. A uint64 beyond 2^53, which a conversion to a double would change. */
  readonly applyment_id: bigint
  /** The merchant's own number of the same application. */
  readonly business_code: string
}

export const examples: SimulatorExamples = {
  sub_mchid: '1900000110',
  openid: 'onqOjjmo8wmTOOtSKwXtGjg9Gb58',
  authenticate_number: 'mcdhehfgisdhfjghed39384564i83',
  verification_id: {
    processing: '1230000109202511210000000001',
    success: '1230000109202511210000000002',
    fail: '1230000109202511210000000003',
  },
  applyment_id: 9007199254740993n,
  business_code: '1900013511_10000',
}
