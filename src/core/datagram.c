/* SPDX-License-Identifier: MIT */
#include "core/datagram.h"

enum { LOW_PORTS = 1024, NFS_PORT = 2049 };

static bool is_broadcast(struct ip ip, const struct datagram_rules *rules)
{
        return ip_is_broadcast(ip) || ip_set_has(&rules->broadcasts, ip);
}

/* A socket of IPv6 alone has nothing to do with what comes from IPv4, and the other way round. */
static bool is_port_of(const struct datagram_port *port, const struct datagram *datagram)
{
        return port->number == datagram->source_port &&
               (ip_is_v4(datagram->source) ? port->takes_ip4 : port->takes_ip6);
}

/* The source's port decides, nearly always: few clients have the port of a listener. */
static bool is_self(const struct datagram *datagram, const struct datagram_rules *rules)
{
        for (uint32_t i = 0; i < rules->port_count; i++)
                if (is_port_of(&rules->ports[i], datagram))
                        return ip_is_loopback(datagram->source) ||
                               ip_is_equal(datagram->source, datagram->destination) ||
                               ip_set_has(&rules->own, datagram->source);
        return false;
}

static bool is_low(uint16_t port)
{
        return port < LOW_PORTS || port == NFS_PORT;
}

/* By looking at it, without a memory of others. */
static enum datagram_drop judge(const struct datagram *datagram, const struct datagram_rules *rules)
{
        if (datagram->is_truncated)
                return DATAGRAM_DROP_TRUNCATED;
        if (datagram->source_port == 0)
                return DATAGRAM_DROP_PORT_ZERO;
        if (ip_is_unspecified(datagram->source))
                return DATAGRAM_DROP_UNSPECIFIED_SOURCE;
        if (ip_is_multicast(datagram->source))
                return DATAGRAM_DROP_MULTICAST_SOURCE;
        if (is_broadcast(datagram->source, rules))
                return DATAGRAM_DROP_BROADCAST_SOURCE;
        if (ip_is_multicast(datagram->destination))
                return DATAGRAM_DROP_MULTICAST;
        if (datagram->is_broadcast || is_broadcast(datagram->destination, rules))
                return DATAGRAM_DROP_BROADCAST;
        if (is_self(datagram, rules))
                return DATAGRAM_DROP_SELF;
        if (!rules->grants_low_ports && is_low(datagram->source_port))
                return DATAGRAM_DROP_LOW_PORT;
        return DATAGRAM_DROP_NONE;
}

static bool is_loop(const struct datagram *datagram, struct loop_guard *guard, uint64_t now_ns)
{
        uint64_t identity = loop_guard_identify(guard, datagram->source, datagram->source_port,
                                                datagram->payload, datagram->payload_size);

        return !loop_guard_admit(guard, identity, now_ns);
}

enum datagram_drop datagram_decide(const struct datagram *datagram,
                                   const struct datagram_rules *rules, uint64_t now_ns)
{
        enum datagram_drop drop = judge(datagram, rules);

        if (drop != DATAGRAM_DROP_NONE)
                return drop;
        if (rules->access != NULL && !access_allows(rules->access, datagram->source))
                return DATAGRAM_DROP_ACCESS;
        /* The rate comes first: it costs the same for every size. */
        if (rules->buckets != NULL && !bucket_take(rules->buckets, datagram->source, now_ns))
                return DATAGRAM_DROP_RATE;
        if (rules->guard != NULL && is_loop(datagram, rules->guard, now_ns))
                return DATAGRAM_DROP_LOOP;
        return DATAGRAM_DROP_NONE;
}
