/*
 * Certificates and keys that cases use, on the curve P-256, valid from 2020 to
 * 2120 (one: to 2021). Each key was made by `openssl req -newkey ec`, each
 * certificate by `openssl ca`. They have no use but here.
 */
#ifndef LUNATIC_TESTS_GUEST_V13_TLS_PEM_H
#define LUNATIC_TESTS_GUEST_V13_TLS_PEM_H

#define UNUSED __attribute__((unused))

/* Whom clients trust. */
UNUSED static const char ca_pem[] =
	"-----BEGIN CERTIFICATE-----\n"
	"MIIBfjCCASSgAwIBAgIUYrQFZKdOdtI5+epTz1GMIEGoyDcwCgYIKoZIzj0EAwIw\n"
	"HDEaMBgGA1UEAwwRbWFkZS11cCBhdXRob3JpdHkwIBcNMjAwMTAxMDAwMDAwWhgP\n"
	"MjEyMDAxMDEwMDAwMDBaMBwxGjAYBgNVBAMMEW1hZGUtdXAgYXV0aG9yaXR5MFkw\n"
	"EwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEwudK6NHoJf5/XeZddv1hzLXbF9h3+hrL\n"
	"oM//blz1vwGSYOZ8fkWVvoa+Whx2VYdnoDKQKGCcHLVCJXk1djRa36NCMEAwDwYD\n"
	"VR0TAQH/BAUwAwEB/zAOBgNVHQ8BAf8EBAMCAgQwHQYDVR0OBBYEFF+UaimqNf95\n"
	"MoH4xDLRozmZCF3mMAoGCCqGSM49BAMCA0gAMEUCIEaiIM5b5Vy+5waBqAfAevsZ\n"
	"lOLvcN5oZGoRkyRXMLw8AiEA9oWrs7uruVSwT/gHFXV92uAHPoohHsCqhf7OyJhn\n"
	"+PU=\n"
	"-----END CERTIFICATE-----\n";

/* Nobody has a certificate of this one. */
UNUSED static const char other_ca_pem[] =
	"-----BEGIN CERTIFICATE-----\n"
	"MIIBfzCCASSgAwIBAgIUHyG2+8NjDdRHSOr6v0kiMg/vMXIwCgYIKoZIzj0EAwIw\n"
	"HDEaMBgGA1UEAwwRYW5vdGhlciBhdXRob3JpdHkwIBcNMjAwMTAxMDAwMDAwWhgP\n"
	"MjEyMDAxMDEwMDAwMDBaMBwxGjAYBgNVBAMMEWFub3RoZXIgYXV0aG9yaXR5MFkw\n"
	"EwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEhho3rJgCjr6sdWxQDlfUDDQ3l6fNtYup\n"
	"7+SZbKhe2ogoZcVqw/BA0i86XKINCClZcU4sIJCG7hyo+3+cqgcccaNCMEAwDwYD\n"
	"VR0TAQH/BAUwAwEB/zAOBgNVHQ8BAf8EBAMCAgQwHQYDVR0OBBYEFPvhntdWqNpL\n"
	"WgSAzr9F2XFsLKzkMAoGCCqGSM49BAMCA0kAMEYCIQCX4MAzpgRdYDgursv/zV16\n"
	"lpXWhYiW2Epwg7Sy0VT6gwIhAOW87oFuQWKVgISHvmWf+e+DkLuCJtnc4ShR2499\n"
	"im1x\n"
	"-----END CERTIFICATE-----\n";

/* For localhost and 127.0.0.1. */
UNUSED static const char server_pem[] =
	"-----BEGIN CERTIFICATE-----\n"
	"MIIBkTCCATigAwIBAgIURIxv3ZGuVgxrf7IGLwCD9sl+NsQwCgYIKoZIzj0EAwIw\n"
	"HDEaMBgGA1UEAwwRbWFkZS11cCBhdXRob3JpdHkwIBcNMjAwMTAxMDAwMDAwWhgP\n"
	"MjEyMDAxMDEwMDAwMDBaMBQxEjAQBgNVBAMMCWxvY2FsaG9zdDBZMBMGByqGSM49\n"
	"AgEGCCqGSM49AwEHA0IABObIRYlGcA/EdBq8Vv6D0671ocWFFSi4OFVg0IPMaN4h\n"
	"p4Bz7Mj3VWyzZSAX6pl7+WZnCd9nNss8Uqpvg1+ug+KjXjBcMBoGA1UdEQQTMBGC\n"
	"CWxvY2FsaG9zdIcEfwAAATAdBgNVHQ4EFgQU8fVnHQ+hJSUFMgkRmKIjARxwdn4w\n"
	"HwYDVR0jBBgwFoAUX5RqKao1/3kygfjEMtGjOZkIXeYwCgYIKoZIzj0EAwIDRwAw\n"
	"RAIgKl9cANiTa66CIjb1IxNO4R2whNb7KcFCpg5UjY09eNECIHxqMG9zHzBJdQTk\n"
	"VBVMbjjMkzwHpYq1DX1DtjknegN/\n"
	"-----END CERTIFICATE-----\n";

/* Its key. */
UNUSED static const char server_key[] =
	"-----BEGIN PRIVATE KEY-----\n"
	"MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQga5+p6/XVOcukkMEX\n"
	"SU65kh5QXMqsU/Znzjb1TsNyYiWhRANCAATmyEWJRnAPxHQavFb+g9Ou9aHFhRUo\n"
	"uDhVYNCDzGjeIaeAc+zI91Vss2UgF+qZe/lmZwnfZzbLPFKqb4NfroPi\n"
	"-----END PRIVATE KEY-----\n";

/* For elsewhere.test only. */
UNUSED static const char elsewhere_pem[] =
	"-----BEGIN CERTIFICATE-----\n"
	"MIIBkTCCATegAwIBAgIUaUDU49q0pQDjESKY0vMWrobm1KYwCgYIKoZIzj0EAwIw\n"
	"HDEaMBgGA1UEAwwRbWFkZS11cCBhdXRob3JpdHkwIBcNMjAwMTAxMDAwMDAwWhgP\n"
	"MjEyMDAxMDEwMDAwMDBaMBQxEjAQBgNVBAMMCWxvY2FsaG9zdDBZMBMGByqGSM49\n"
	"AgEGCCqGSM49AwEHA0IABKSl+x2Ow5iPACTcPMOwFMrwENs1F9RZtC8A0It4Irdn\n"
	"CTc1SBn+g9viC0NcQ5CCC5B8oacd0kzEIB7ajelvGqKjXTBbMBkGA1UdEQQSMBCC\n"
	"DmVsc2V3aGVyZS50ZXN0MB0GA1UdDgQWBBRByGGhxUaRo9F5UGWIRRNEKC7/cjAf\n"
	"BgNVHSMEGDAWgBRflGopqjX/eTKB+MQy0aM5mQhd5jAKBggqhkjOPQQDAgNIADBF\n"
	"AiBw8afH6OH9QzFIpUkBtjD9fNHGW9fTfToxuNeocyFNxgIhALaMmwDPNBbcLEAI\n"
	"38XBTUCTDE6zEZcJUcLpl8S9g/mc\n"
	"-----END CERTIFICATE-----\n";

/* Its key. */
UNUSED static const char elsewhere_key[] =
	"-----BEGIN PRIVATE KEY-----\n"
	"MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgdepO1DJhIX6uuWtu\n"
	"J0XEz583BmDkrnO5VcJYlLafaAWhRANCAASkpfsdjsOYjwAk3DzDsBTK8BDbNRfU\n"
	"WbQvANCLeCK3Zwk3NUgZ/oPb4gtDXEOQgguQfKGnHdJMxCAe2o3pbxqi\n"
	"-----END PRIVATE KEY-----\n";

/* For localhost and 127.0.0.1, until 2021. */
UNUSED static const char expired_pem[] =
	"-----BEGIN CERTIFICATE-----\n"
	"MIIBkDCCATagAwIBAgIUHq8mYTfVRy+c9bjOzZgDufqEEJQwCgYIKoZIzj0EAwIw\n"
	"HDEaMBgGA1UEAwwRbWFkZS11cCBhdXRob3JpdHkwHhcNMjAwMTAxMDAwMDAwWhcN\n"
	"MjEwMTAxMDAwMDAwWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIB\n"
	"BggqhkjOPQMBBwNCAARgQRa7HoD/MOkKDxRatAL8DK68Q721W8Q2HUU2f4G0hxsn\n"
	"/ZalzxW4RiO48gSRpcPcN3ji7VV1y1UUMv945dx7o14wXDAaBgNVHREEEzARggls\n"
	"b2NhbGhvc3SHBH8AAAEwHQYDVR0OBBYEFLTp90vThlQs+R6q4YljumlDSC35MB8G\n"
	"A1UdIwQYMBaAFF+UaimqNf95MoH4xDLRozmZCF3mMAoGCCqGSM49BAMCA0gAMEUC\n"
	"IQDQu2anQmAOWW85bk5UwOJ0/Wm+ochmekTMzqedCbwXCwIgQBFf8nolZTUWxjIB\n"
	"xmN1rIvmHlj8UblsCOVd0hm0cQw=\n"
	"-----END CERTIFICATE-----\n";

/* Its key. */
UNUSED static const char expired_key[] =
	"-----BEGIN PRIVATE KEY-----\n"
	"MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgtup6wNxcIBXc09/j\n"
	"Sa1BAy5GmBhESPSe2pEe5fwMRR6hRANCAARgQRa7HoD/MOkKDxRatAL8DK68Q721\n"
	"W8Q2HUU2f4G0hxsn/ZalzxW4RiO48gSRpcPcN3ji7VV1y1UUMv945dx7\n"
	"-----END PRIVATE KEY-----\n";

#endif
