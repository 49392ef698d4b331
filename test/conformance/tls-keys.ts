/**
 * A certificate for 127.0.0.1 and the authority that signed it, made by openssl for these tests alone: Deno takes none that
 * signed itself.
 *
 *     openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -days 36500 \\
 *       -subj '/CN=wechatpay-edge test authority' -addext keyUsage=critical,keyCertSign
 *     openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout leaf.key -out leaf.csr -subj /CN=127.0.0.1
 *     openssl x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -days 36500 -out leaf.pem -extfile <(echo subjectAltName=IP:127.0.0.1)
 */
export const CA = `-----BEGIN CERTIFICATE-----
MIIBuDCCAV2gAwIBAgIUPJ0bG2zmMrGNz+P2qGIrC2JFtrMwCgYIKoZIzj0EAwIw
KDEmMCQGA1UEAwwdd2VjaGF0cGF5LWVkZ2UgdGVzdCBhdXRob3JpdHkwIBcNMjYx
MTIxMTA1NzE2WhgPMjEyNjEwMjgxMDU3MTZaMCgxJjAkBgNVBAMMHXdlY2hhdHBh
eS1lZGdlIHRlc3QgYXV0aG9yaXR5MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE
x9LGJR+O7ULaVbUbMqYWVrLGNBt708rWTlSWaQGry0t1DxRMwkUJuKQTGQ7ndP+o
8witZZxdLZxcjLxGdCPA1KNjMGEwHQYDVR0OBBYEFMh1Pbqan2E0RyQ/igMr/eX5
R3fYMB8GA1UdIwQYMBaAFMh1Pbqan2E0RyQ/igMr/eX5R3fYMA8GA1UdEwEB/wQF
MAMBAf8wDgYDVR0PAQH/BAQDAgIEMAoGCCqGSM49BAMCA0kAMEYCIQDowtofXvHa
+473RXg//VHWUAMcLTQUjlxfdV/MLMMtFQIhAILsEU7F0lEREm4TmZdSLBnMeYq3
tlv4WnhZRrAVKdFi
-----END CERTIFICATE-----
`

export const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBtjCCAVygAwIBAgIUIbQNNTD6mMZS97jweqIdVV5XMtMwCgYIKoZIzj0EAwIw
KDEmMCQGA1UEAwwdd2VjaGF0cGF5LWVkZ2UgdGVzdCBhdXRob3JpdHkwIBcNMjYx
MTIxMTA1NzE2WhgPMjEyNjEwMjgxMDU3MTZaMBQxEjAQBgNVBAMMCTEyNy4wLjAu
MTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABMl2Cdu95+RzA6BTvEu/bpVPuR5l
5fI6EMFeRm99YJgAZZBOZ5rRutO6LnAuUjR15N6NrlM4nczdyJDD145+i8GjdjB0
MAwGA1UdEwEB/wQCMAAwEwYDVR0lBAwwCgYIKwYBBQUHAwEwDwYDVR0RBAgwBocE
fwAAATAdBgNVHQ4EFgQUwHID5QTmRXbQr72pYE4Ho4jMNVMwHwYDVR0jBBgwFoAU
yHU9upqfYTRHJD+KAyv95flHd9gwCgYIKoZIzj0EAwIDSAAwRQIgd4KfbOH+b/xL
716NhCNoMRFm9J1kMexzc50iygRT8JECIQDHRurdHeo1VCCaa/fGp9JHfzfg8sO5
mNlDDYvXWRdJiQ==
-----END CERTIFICATE-----
`

export const KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgnJj4OurJN/cfP5Of
0l0m8O5b7w7322lBaraxB6ABJGmhRANCAATJdgnbvefkcwOgU7xLv26VT7keZeXy
OhDBXkZvfWCYAGWQTmea0brTui5wLlI0deTeja5TOJ3M3ciQw9eOfovB
-----END PRIVATE KEY-----
`
