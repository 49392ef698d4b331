import { describe, expect, it } from 'vitest'
import { certificateOwner } from '../../../src/gateway/health/certificate-owner.ts'
import { CERTIFICATE } from '../../fixtures/keys.ts'

// Made by openssl x509; the common name of the issuer is 1900000999.

/** Version 1. Subject: C=CN, O=Shop, CN=www.shop.example */
const NO_OWNER = `-----BEGIN CERTIFICATE-----
MIIBVDCB/AICd3cwCgYIKoZIzj0EAwIwNDELMAkGA1UEBhMCQ04xEDAOBgNVBAoM
B0Fub3RoZXIxEzARBgNVBAMMCjE5MDAwMDA5OTkwIBcNMjYxMTI5MDgwODA1WhgP
MjEyNjExMDUwODA4MDVaMDcxCzAJBgNVBAYTAkNOMQ0wCwYDVQQKDARTaG9wMRkw
FwYDVQQDDBB3d3cuc2hvcC5leGFtcGxlMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcD
QgAE2uRqiKw9jQp/MoaY/Ptg7N2CQ48OVmtv79yTojCeO3Sk5mzM916fEPFQkZXa
EwQszrUdhXqbwqEObnnxsqgzMjAKBggqhkjOPQQDAgNHADBEAiAbOezulw+vyozH
uIu9rBpS+iUsz2ydGtBr9PR1jpQlOwIgQRTTJ9fPAXlU+IzG++boVJJTh5vbc1SC
6wlv0T3eLEY=
-----END CERTIFICATE-----`
/** Version 1. Subject: C=CN, L=Shenzhen, O=Shop, OU=Tenpay, CN=1900000109 */
const OWNER_IN_VERSION_1 = `-----BEGIN CERTIFICATE-----
MIIBdDCCARoCAnd4MAoGCCqGSM49BAMCMDQxCzAJBgNVBAYTAkNOMRAwDgYDVQQK
DAdBbm90aGVyMRMwEQYDVQQDDAoxOTAwMDAwOTk5MCAXDTI2MTEyOTA4MDgwNVoY
DzIxMjYxMTA1MDgwODA1WjBVMQswCQYDVQQGEwJDTjERMA8GA1UEBwwIU2hlbnpo
ZW4xDTALBgNVBAoMBFNob3AxDzANBgNVBAsMBlRlbnBheTETMBEGA1UEAwwKMTkw
MDAwMDEwOTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABNrkaoisPY0KfzKGmPz7
YOzdgkOPDlZrb+/ck6Iwnjt0pOZszPdenxDxUJGV2hMELM61HYV6m8KhDm558bKo
MzIwCgYIKoZIzj0EAwIDSAAwRQIhAJYLzj/3QMTVpJR8+UkbpLZ7FAKl+qyo2P6F
Wnujp0tHAiBskUp217L8V3hXnkoYLsCSC2r7VL9oJqkXVpSO85PFUw==
-----END CERTIFICATE-----`
/** Version 3. Subject: CN=1900000109, serialNumber=1; subjectAltName: dirName CN=1900000777 */
const OWNER_IN_VERSION_3 = `-----BEGIN CERTIFICATE-----
MIIBrTCCAVOgAwIBAgICd3kwCgYIKoZIzj0EAwIwNDELMAkGA1UEBhMCQ04xEDAO
BgNVBAoMB0Fub3RoZXIxEzARBgNVBAMMCjE5MDAwMDA5OTkwIBcNMjYxMTI5MDgw
ODA1WhgPMjEyNjExMDUwODA4MDVaMCExEzARBgNVBAMMCjE5MDAwMDAxMDkxCjAI
BgNVBAUTATEwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATa5GqIrD2NCn8yhpj8
+2Ds3YJDjw5Wa2/v3JOiMJ47dKTmbMz3Xp8Q8VCRldoTBCzOtR2FepvCoQ5uefGy
qDMyo2YwZDAiBgNVHREEGzAZpBcwFTETMBEGA1UEAwwKMTkwMDAwMDc3NzAdBgNV
HQ4EFgQULkAMF5MKWfCeN/qtM1rmFRiV/3cwHwYDVR0jBBgwFoAU4+vDvoKFGDqm
EZY6sZ8ukTIPSZAwCgYIKoZIzj0EAwIDSAAwRQIgOLxmvLQxjVjpQtvFtENnZ+BS
zwsIjjJjXfMW6DTRDQ8CIQD5O18k9A+u5R/OjxfdA2gpO7ZNwMqBxOHRNpwcv7HR
Ng==
-----END CERTIFICATE-----`

describe('the owner of a certificate is the merchant id in the common name', () => {
  it.each([OWNER_IN_VERSION_1, OWNER_IN_VERSION_3])('of the subject %#', certificate => {
    expect(certificateOwner(certificate)).toBe('1900000109')
  })

  it('not of the issuer, nor of an alternative name', () => {
    expect(certificateOwner(NO_OWNER)).toBeUndefined()
  })
})

it('a certificate that is cut short anywhere is read without an exception', () => {
  const [, content = ''] = /-----BEGIN CERTIFICATE-----([^-]+)/.exec(CERTIFICATE) ?? []
  const der = atob(content.replace(/\s/g, ''))
  for (let length = 1; length < der.length; length++) {
    const cut = `-----BEGIN CERTIFICATE-----\n${btoa(der.slice(0, length))}\n-----END CERTIFICATE-----`
    expect(() => certificateOwner(cut), String(length)).not.toThrow()
  }
})
