/**
 * A certificate for shop.example.com and the authority that signed it, made by openssl for these tests alone:
 *
 *     openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -days 36500 \
 *       -subj '/CN=wechatpay-edge test authority' -addext keyUsage=critical,keyCertSign
 *     openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout leaf.key -out leaf.csr -subj /CN=shop.example.com
 *     openssl x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -days 36500 -out leaf.pem \
 *       -extfile <(echo subjectAltName=DNS:shop.example.com)
 */
export const CA = `-----BEGIN CERTIFICATE-----
MIIBtzCCAV2gAwIBAgIUJ6WDtQKBl4aFXXjAOK4XJGiWslQwCgYIKoZIzj0EAwIw
KDEmMCQGA1UEAwwdd2VjaGF0cGF5LWVkZ2UgdGVzdCBhdXRob3JpdHkwIBcNMjYx
MTI0MTcxMzUwWhgPMjEyNjEwMzExNzEzNTBaMCgxJjAkBgNVBAMMHXdlY2hhdHBh
eS1lZGdlIHRlc3QgYXV0aG9yaXR5MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE
M4d0MNKzufmSyMXmQ6aKNpL+nAWdhjLURI+tuTT3GhVz9lZUpLfXkaAY7hScMFbH
twa+pdhJLbgpYRt7EvbfB6NjMGEwHQYDVR0OBBYEFLnyZmBFtlbl2UE3CQ2dF878
mSQ/MB8GA1UdIwQYMBaAFLnyZmBFtlbl2UE3CQ2dF878mSQ/MA8GA1UdEwEB/wQF
MAMBAf8wDgYDVR0PAQH/BAQDAgIEMAoGCCqGSM49BAMCA0gAMEUCIQDtkNCU++vi
pVtb0n2Ozw1+jsXgReIbvj0yfPyzXmemWwIgaTreRojnQrEl6RgfB6O1mbeeYx5O
XJvYIbp7vIWjRAM=
-----END CERTIFICATE-----`

export const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBpjCCAUygAwIBAgIULcKrLBLKwSPtiaogyqhLqHH0ePwwCgYIKoZIzj0EAwIw
KDEmMCQGA1UEAwwdd2VjaGF0cGF5LWVkZ2UgdGVzdCBhdXRob3JpdHkwIBcNMjYx
MTI0MTcxMzUwWhgPMjEyNjEwMzExNzEzNTBaMBsxGTAXBgNVBAMMEHNob3AuZXhh
bXBsZS5jb20wWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATv1HdzUu5B+SQJUagJ
OWJLggSfSmAGlXFYNWZ6RgqhjOIIT9JWWaWqsWstkVze1ukCH2iaQHoInpJGi3x/
/vpWo18wXTAbBgNVHREEFDASghBzaG9wLmV4YW1wbGUuY29tMB0GA1UdDgQWBBTt
r2JjuX89fO0vhwTqNEkAu/8vZzAfBgNVHSMEGDAWgBS58mZgRbZW5dlBNwkNnRfO
/JkkPzAKBggqhkjOPQQDAgNIADBFAiBeasQYSppl/Os914iDiVz4YU6tnO71OmJi
Jf6jQ1y1ZgIhAORQu56hNImzJGizsfWaWQJw4F1FHErH5QOefjBtYpr+
-----END CERTIFICATE-----`

export const KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgHzg6KwJ4d/H8WiUW
3lGcWBcm0LK6aArdSPZWvwqehWehRANCAATv1HdzUu5B+SQJUagJOWJLggSfSmAG
lXFYNWZ6RgqhjOIIT9JWWaWqsWstkVze1ukCH2iaQHoInpJGi3x//vpW
-----END PRIVATE KEY-----`
