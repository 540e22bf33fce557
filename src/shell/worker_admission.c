/* SPDX-License-Identifier: MIT */
#include "shell/worker_admission.h"

#include "core/ensure.h"

enum counters_refused worker_admission_take(const struct worker *worker, unsigned listener,
                                            const struct acceptor_peer *peer, uint32_t *ret_source)
{
        struct ip ip;
        uint16_t port;

        *ret_source = SOURCE_NONE;
        if (worker->acceptor.listeners[listener].is_unix)
                return REFUSED_NONE;
        bool is_ip = ip_from_socket((const struct sockaddr *)&peer->address, &ip, &port);
        ensure(is_ip);
        return admission_take(&worker->config.admission, ip, worker->now_ns, ret_source);
}

/* Not for the echo path, which is flattened. */
__attribute__((noinline)) void worker_admission_put(const struct worker *worker, uint32_t source)
{
        admission_put(&worker->config.admission, source);
}
