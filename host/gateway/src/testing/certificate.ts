// A key and a certificate for "localhost" that signs itself and holds for a hundred years, for tests of TLS:
// openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 36500 -subj /CN=localhost \
//   -addext subjectAltName=DNS:localhost

export const TEST_CERTIFICATE = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgLl0URc+Cu37LAA5J
ZLpqLSRvKu3Q1hm5gKvc9OafceqhRANCAATCA9ud84yUZlss+225U883JccPp9hM
J2Re5AvirCfBgPWjXsLa8HKrpZu24N9wmS8ubtWWLzcMCxnmX6ZhS9nK
-----END PRIVATE KEY-----
`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBlTCCATugAwIBAgIUIk6b71068QxHoMoKp+gxRC/1tAwwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMTA3MjkwMloYDzIxMjYxMDI4
MDcyOTAyWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAATCA9ud84yUZlss+225U883JccPp9hMJ2Re5AvirCfBgPWjXsLa8HKr
pZu24N9wmS8ubtWWLzcMCxnmX6ZhS9nKo2kwZzAdBgNVHQ4EFgQUFkqIZg40l7Nq
jkpeyxlrEGOYETEwHwYDVR0jBBgwFoAUFkqIZg40l7NqjkpeyxlrEGOYETEwDwYD
VR0TAQH/BAUwAwEB/zAUBgNVHREEDTALgglsb2NhbGhvc3QwCgYIKoZIzj0EAwID
SAAwRQIgU/VzHzuAhiTh32QxtB2zcv+Jwus3btmXZHWR510R700CIQDKIPtRc3xs
7CPv5G8Z4SNs0Ieo2bSls93ChOvI7qz/dw==
-----END CERTIFICATE-----
`,
} as const;
