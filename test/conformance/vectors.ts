/**
 * Known answers, made once by other tools. Keys are those of test/fixtures/keys.ts: the merchant's is `PRIVATE_KEY`, WeChat
 * Pay's `OTHER_PRIVATE_KEY`. Each says how it was made.
 */

/** Seconds since 1970, at which all of it happens. */
export const TIMESTAMP = 1554208460

export const ORDER = {
  appid: 'wxd678efh567hg6787',
  mchid: '1900000109',
  description: 'Image形象店-深圳腾大-QQ公仔',
  out_trade_no: '1217752501201407033233368018',
  notify_url: 'https://example.com/notify',
  amount: { total: 100 },
}

/** `printf 'POST\n/v3/pay/transactions/native\n1554208460\n593bec0c930bf1afeb40b4a08c8fb242\n<ORDER as JSON>\n' | openssl dgst -sha256 -sign private.pem | base64 -w0` */
export const ORDER_NONCE = '593bec0c-930b-f1af-eb40-b4a08c8fb242'
export const ORDER_SIGNATURE =
  'dLLZTOWmj4lAuZVidNaO5fv0Fc04zxPEVOV8TDtOtGd+qWI1nqNtvLBdoxrwhH0j3dCXI78R0Bw7EgRa5JiZAh74cVWAW4ihRoyNNf4WNNLYgfD4yTOBngHQ4jeiKv4QjBJMfigWa1l5gDMMDTKwgwroz05B8c1YPl6Hpm+6yvDjsuvuoMU6KRlPoIALKDrVsY674HkIdV/v6Lu5BXDvo7Dgqnlws7kukB9+eadQwuqFJGDc21FMHpPkhYD28igRb2A21qoi+QAM/qwuDeOOH3jmOFAqLlrttBfD0m3YelM+dBnMuTYoXR3jvN1m4EQzb/czAUw6t50n5J/3eAGzRw=='

/** `printf '1554208460\n<nonce>\n<body>\n' | openssl dgst -sha256 -sign other.pem | base64 -w0` */
export const ANSWER = {
  nonce: 'd824f2e086d3c1df967785d13fcd22ef',
  body: '{"code_url":"weixin://wxpay/bizpayurl?pr=p4lpSuKzz"}',
  signature:
    'kkU+fZ+zsouel/AChUz5e4PyXVG0T1nq6d492BEpa7OKbsJZ1xMVbIRRnskrRe1idef/XhH3GKcUlmXPOEsRtK1EV5S4JqOwSnDlFWeRRCsmB+KzpbaEHhMiUN3o8aWcbpFUATmwSkVW4APPWEDNWxxDJyZ28YvhfSt8p3YXshp5wTbG9tWpKItvLLGqzY16rkj4vUr0gNBukRJCv5Ktgq4a+j9AK973BCUkY78ZUNhZZL9t2WVDItmpqQbGM689PtHgxGN3tm477ya5AOrgXz5ZWPoEjCi0yPcOGHnKfv1F2oFxFnPgFlerLCLuFVsIbP13tYYu49ORopQHm5hVTw==',
}

/** The same of an empty body. */
export const EMPTY_ANSWER = {
  nonce: 'd824f2e086d3c1df967785d13fcd22ef',
  body: '',
  signature:
    'MoaASMXcTh8T0ECLQImXTu3n/4iLSnr2CC0GsAK0DdWtAwhjLznqh6y3MvaaPNptGm/9iAgfSXTmurm+3x2aeAZGAZvv2AzszT31JUvLa+ahO8S/4Z0TDMuCsjOAjLOBwGmGuJuAJEw1NSRB95EqNS9C+wMM0EcjXm8Egtu7XWHrUk1Yl6yv0cCV3cX44ECMdpHxDGjSWYSVvq4BE3y6p++fQGGjyjNjEK0qhOQyp7qy9XPsgbPgF4sdJF2F4RXZ528es6kcn7KjxIoE4bi4rlHDbG1ZDvynjKTZstpKGnOe9gfkENF01aKI4euxmxRgwPluJI2sHFIjRl2HM/4glQ==',
}

/** `printf 张三 | openssl pkeyutl -encrypt -pubin -inkey public.pem -pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha1 | base64 -w0` */
export const ENCRYPTED_NAME = {
  text: '张三',
  encrypted:
    'UfYei8IUhnXYPmeJWhjg2klUffEEbK/2z0EKZIv6dRy72KloyhoLSc5UDGxsWkvIIuD/PJtbyAE0aG8ngZwDINlR9ofcjypG/xaqL3gyx2i8Jy051JOwYLc5blp9XLzu8Ka4RbZx/pd7DEv4DpbHAXHlvOJRCGOybMYx7AOM/rPIyTsyyBkgJT3VcqoXQeyxm+FiNC1kB+tBm2sfVSP4StGU5/WshnOium6HuI2ByRdVR5IXs082ztR+npNvw3C0WZGWw9yEDkp7gFxIbjt+bG8S5YFxOM0BD6mLNzAnc6zr1abv90Thk1QJ8j+7owAT3kJni/q0RJlavURmHaKb4g==',
}

export const APIV3_KEY = '0123456789abcdef0123456789abcdef'

/**
 * The resource: `createCipheriv('aes-256-gcm', APIV3_KEY, nonce)` of node:crypto, `setAAD('transaction')`, the tag behind the
 * ciphertext. The signature: as that of ANSWER.
 */
export const NOTIFICATION = {
  nonce: '5K8264ILTKCH16CQ2502SI8ZNMTM67VS',
  body: '{"id":"EV-2018022511223320873","create_time":"2015-05-20T13:29:35+08:00","resource_type":"encrypt-resource","event_type":"TRANSACTION.SUCCESS","summary":"支付成功","resource":{"original_type":"transaction","algorithm":"AEAD_AES_256_GCM","ciphertext":"DUcegK33A8MEOgdCtMPWwAdrzVDy3c3BTENCdjZ/7K2gbkFM2sU/cZ/UPNrLir4DXaSrqBdzgGy/sMCWIPKVQdMoXpY4xG4iYhF7TH0MBs4T7FaM9hoFjn/sa9TCWtjLTRzZiknVkW9IXW37a35VmVaeZyQYgusGnnisNS4A5dUMMLanoUF4L3PO4m3uteC+aMmWJMtSbZlqFmDnTfWNyu2doGmyaQ3FIqoxmbJGAI9UcDM+zAkKn58IA4ABWkHy/S/6+Laqpd2pPhhxbLXVQjAyiXs7kg4ogQfI12iJR9o6KA==","associated_data":"transaction","nonce":"fdasflkja484"}}',
  signature:
    'sUriD+Ftu4wepDRlSNkcn37LWoHYQwZQlbBubsZoqOtubzRCHUB9hiyTPuhn35Ocy1VJXDBYJ3cWQJZkpsLqbCNFFxSJhkwsLnn034uW+b03pziQ3MxBa9p0WHMXj3HOUosfduqOLgKP5+sLgQJL1buZPVLRmsIz1QHNUhsCdy9BbQNsYZBlHq44jO2zT9S6vqnTkRHWmnfD1B28zG8exbS5XsGFfIinam/QNTWmKBmFOzK8rKyysdPNoiTb1mpBqGKY7uhYSuALuyHEQ9QeibDxnIwqU/GOsisR34PfRRyb86KD6Fy8Uw9e2ikp2oAkHJryktejmAMQlAog/VklzA==',
  transaction: {
    mchid: '1900000109',
    appid: 'wxd678efh567hg6787',
    out_trade_no: '1217752501201407033233368018',
    transaction_id: '4200000000201801010000000000',
    trade_state: 'SUCCESS',
    amount: { total: 100, payer_total: 100 },
  },
}

/** The official known answer of APIv2 (`protocol.md`): its key, its message, its signatures. */
export const APIV2_KEY = '192006250b4c09247ec02edce69f6a2d'
export const V2_FIELDS = {
  appid: 'wxd930ea5d5a258f4f',
  mch_id: '10000100',
  device_info: '1000',
  body: 'test',
  nonce_str: 'ibuaiVcKdpRxkhJA',
}
export const V2_MD5 = '9A0A8659F005D6984697E2CA0A9CF3B7'
export const V2_HMAC = '6A9AE1657590FD6257D693A078E1C3E4BB6BA4DC30B23E0EE2496E54170DACD6'

/** `openssl enc -aes-256-ecb -K <hex of the lower-case hex MD5 of APIV2_KEY> | base64 -w0`, of XML in CDATA. */
export const REQ_INFO = {
  encrypted:
    'WBzGpzQuNpcFxIlFjUUD9FKo0rHFKIn0kRJVv7PAhPDSCjWAzcyQtBNpSb92FQg9FKQ3UKchg9ThtBc2nKj5Y/baqL1WBbsKygLP38heiaKArP8qhUFeCQV8X9CWKQ+aRTMxItguVSYUpqhCwFlFpdYrGYn07Y5NCBxjrB1s3q1KIKLLNIRDvBVN7afD4l2Ius7jBkMXlLCQ63swgU1RqVp2t3LTJB5+hbctiaZSYXdZOs11tkkdSxFi4HEb8BK0tZtwBCGtVSQM8uuxpZp8MCgYXyjbBcCnii6eNhP++izpQa5ZDB4qteA5rfwzLS6i',
  fields: {
    out_refund_no: '131811191610442717309',
    refund_id: '50000408942018111907145868882',
    refund_status: 'SUCCESS',
    refund_fee: '3960',
  },
}

/** `openssl x509 -noout -serial -startdate -enddate -in other_certificate.pem` */
export const CERTIFICATE_FACTS = {
  serial: 'FF01',
  notBefore: '2026-11-21T07:23:12.000Z',
  notAfter: '2126-10-28T07:23:12.000Z',
}
