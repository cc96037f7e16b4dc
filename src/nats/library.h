/*
 * The client library for NATS (libnats, https://github.com/nats-io/nats.c), of
 * which nothing but its header is needed when this program is built. It is
 * loaded when somebody asks for it, so that nobody else pays for it.
 */
#ifndef LN_NATS_LIBRARY_H
#define LN_NATS_LIBRARY_H

#include <stddef.h>

#if LUNATIC_NATS
#include <nats/nats.h>

/* What is used of it. */
#define LN_NATS_FUNCTIONS(X)                       \
	X(natsConnection_Buffered)                 \
	X(natsConnection_Connect)                  \
	X(natsConnection_Destroy)                  \
	X(natsConnection_FlushTimeout)             \
	X(natsConnection_GetMaxPayload)            \
	X(natsConnection_ProcessReadEvent)         \
	X(natsConnection_ProcessWriteEvent)        \
	X(natsConnection_Publish)                  \
	X(natsConnection_PublishRequest)           \
	X(natsConnection_Subscribe)                \
	X(natsConnection_SubscribeSync)            \
	X(natsMsg_Destroy)                         \
	X(natsMsg_GetData)                         \
	X(natsMsg_GetDataLength)                   \
	X(natsMsg_GetSubject)                      \
	X(natsMsg_IsNoResponders)                  \
	X(natsOptions_Create)                      \
	X(natsOptions_Destroy)                     \
	X(natsOptions_LoadCATrustedCertificates)   \
	X(natsOptions_LoadCertificatesChain)       \
	X(natsOptions_SetAllowReconnect)           \
	X(natsOptions_SetClosedCB)                 \
	X(natsOptions_SetErrorHandler)             \
	X(natsOptions_SetEventLoop)                \
	X(natsOptions_SetExpectedHostname)         \
	X(natsOptions_SetIOBufSize)                \
	X(natsOptions_SetIgnoreDiscoveredServers)  \
	X(natsOptions_SetName)                     \
	X(natsOptions_SetNoEcho)                   \
	X(natsOptions_SetPingInterval)             \
	X(natsOptions_SetSecure)                   \
	X(natsOptions_SetSendAsap)                 \
	X(natsOptions_SetTimeout)                  \
	X(natsOptions_SetToken)                    \
	X(natsOptions_SetURL)                      \
	X(natsOptions_SetUserCredentialsFromFiles) \
	X(natsOptions_SetUserInfo)                 \
	X(natsOptions_SetWriteDeadline)            \
	X(natsStatus_GetText)                      \
	X(natsSubscription_Destroy)                \
	X(natsSubscription_GetPending)             \
	X(natsSubscription_NextMsg)                \
	X(natsSubscription_SetOnCompleteCB)        \
	X(natsSubscription_SetPendingLimits)       \
	X(nats_GetLastError)                       \
	X(nats_ReleaseThreadMemory)

/* Its functions. */
struct ln_nats_library {
#define LN_NATS_MEMBER(name) __typeof__(&name) name;
	LN_NATS_FUNCTIONS(LN_NATS_MEMBER)
#undef LN_NATS_MEMBER
};
#endif

struct ln_nats_library;

/* The functions, loaded once for the program. NULL: `reason` says why, in
 * `size` bytes. Any thread. */
const struct ln_nats_library *ln_nats_library_load(char *reason, size_t size);

#endif
