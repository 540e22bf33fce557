/* SPDX-License-Identifier: MIT */
/*
 * sendmsg(2) and sendmmsg(2) of UDP sockets: udp_sendmsg() of net/ipv4/udp.c, udpv6_sendmsg() of
 * net/ipv6/udp.c. What Linux would refuse, or send to where it does not belong, is misuse.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <string.h>

#include "shell/sys.h"
#include "support/payload.h"
#include "support/sim_datagram.h"

enum {
        PAYLOAD_MAX = 65507,    /* bytes of a message, cut up or not */
        SEGMENTS_SENT_MAX = 64, /* of a message: UDP_MAX_SEGMENTS before Linux 6.11 */
};

/* What a message says. */
struct letter {
        struct sim_answer answer;
        bool is_pinned;
        bool is_cut; /* UDP_SEGMENT */
        uint32_t count;
        struct sim_question *questions[SEGMENTS_SENT_MAX];
};

/* A ring. */
static struct sim_answer kept[SIM_ANSWERS_KEPT];
static uint32_t kept_count;

struct sim_answer sim_latest_answer(struct ip peer, uint16_t peer_port)
{
        for (uint32_t i = 1; i <= SIM_ANSWERS_KEPT; i++) {
                const struct sim_answer *answer = &kept[(kept_count - i) % SIM_ANSWERS_KEPT];
                if (ip_is_equal(answer->peer, peer) && answer->peer_port == peer_port)
                        return *answer;
        }
        sim_fail("that peer was not answered lately");
}

/* Where it goes. */
static void read_name(struct letter *letter, const struct msghdr *message,
                      const struct sim_socket *socket)
{
        const struct sockaddr *name = message->msg_name;
        size_t size =
            socket->family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);

        if (name == NULL || message->msg_namelen < size || name->sa_family != socket->family ||
            !ip_from_socket(name, &letter->answer.peer, &letter->answer.peer_port) ||
            letter->answer.peer_port == 0)
                sim_fail("an answer to no address of the socket's family");
        if (ip_is_v4(letter->answer.peer) && socket->options.is_ip6_only)
                sim_fail("an answer by IPv4 from a socket of IPv6 alone");
}

/* Where it comes from. A message of the other family is ignored, as Linux does. */
static void read_path4(struct letter *letter, const struct cmsghdr *control)
{
        struct in_pktinfo path;

        if (control->cmsg_len != CMSG_LEN(sizeof(path)))
                sim_fail("a control message of a wrong size");
        memcpy(&path, CMSG_DATA(control), sizeof(path));
        if (!ip_is_v4(letter->answer.peer))
                return;
        letter->answer.source = ip_from_v4(path.ipi_spec_dst);
        letter->is_pinned = path.ipi_spec_dst.s_addr != 0;
}

static void read_path6(struct letter *letter, const struct cmsghdr *control,
                       const struct sim_socket *socket)
{
        struct in6_pktinfo path;

        if (control->cmsg_len < CMSG_LEN(sizeof(path)))
                sim_fail("a control message of a wrong size");
        memcpy(&path, CMSG_DATA(control), sizeof(path));
        if (socket->family != AF_INET6)
                return;
        letter->answer.source = ip_from_v6(&path.ipi6_addr);
        letter->is_pinned = true;
        if (ip_is_v4(letter->answer.source) != ip_is_v4(letter->answer.peer))
                sim_fail("a source and a peer of different families");
        if (IN6_IS_ADDR_LINKLOCAL(&path.ipi6_addr) && path.ipi6_ifindex == 0)
                sim_fail("a link-local source without its interface");
}

static void read_segment_size(struct letter *letter, const struct cmsghdr *control)
{
        uint16_t size = 0;

        if (control->cmsg_len != CMSG_LEN(sizeof(size)))
                sim_fail("a control message of a wrong size");
        memcpy(&size, CMSG_DATA(control), sizeof(size));
        letter->answer.segment_size = size;
        letter->is_cut = true;
}

static void read_control(struct letter *letter, const struct msghdr *message,
                         const struct sim_socket *socket)
{
        /* CMSG_NXTHDR() wants it to be written to. */
        struct msghdr copy = *message;

        for (struct cmsghdr *control = CMSG_FIRSTHDR(&copy); control != NULL;
             control = CMSG_NXTHDR(&copy, control)) {
                if (control->cmsg_level == IPPROTO_IP && control->cmsg_type == IP_PKTINFO)
                        read_path4(letter, control);
                else if (control->cmsg_level == IPPROTO_IPV6 && control->cmsg_type == IPV6_PKTINFO)
                        read_path6(letter, control, socket);
                else if (control->cmsg_level == IPPROTO_UDP && control->cmsg_type == UDP_SEGMENT)
                        read_segment_size(letter, control);
                else
                        sim_fail("a control message that is not for sending: %d, %d",
                                 control->cmsg_level, control->cmsg_type);
        }
}

/* From where it leaves if it does not say: routing decides, here as if by the loopback alone. */
static void choose_source(struct letter *letter, const struct sim_socket *socket)
{
        const struct in_addr loopback = { .s_addr = htonl(INADDR_LOOPBACK) };

        letter->answer.source_port = socket->port;
        if (letter->is_pinned)
                return;
        if (!sim_is_wildcard(socket))
                letter->answer.source = socket->address;
        else if (ip_is_v4(letter->answer.peer))
                letter->answer.source = ip_from_v4(loopback);
        else
                letter->answer.source = ip_from_v6(&in6addr_loopback);
}

static void measure(struct letter *letter, const struct msghdr *message)
{
        struct sim_answer *answer = &letter->answer;
        uint64_t size = 0;

        for (size_t i = 0; i < message->msg_iovlen; i++) {
                if (message->msg_iov[i].iov_base == NULL && message->msg_iov[i].iov_len > 0)
                        sim_fail("an answer from nowhere");
                size += message->msg_iov[i].iov_len;
        }
        if (size > PAYLOAD_MAX)
                sim_fail("an answer of %" PRIu64 " bytes", size);
        answer->size = (uint32_t)size;
        if (!letter->is_cut)
                answer->segment_size = answer->size;
        if (letter->is_cut && (answer->segment_size == 0 || answer->size == 0 ||
                               answer->size > SEGMENTS_SENT_MAX * answer->segment_size))
                sim_fail("%" PRIu32 " bytes cannot be cut up by %" PRIu32, answer->size,
                         answer->segment_size);
}

/* Whether the answer may be to that one: then it must be, for its place is its own. */
static bool is_place_of(const struct sim_question *question, uint32_t socket,
                        const unsigned char *data, uint32_t size)
{
        return question->data == data && question->socket == socket &&
               question->received.size == size;
}

/* What lies there is what was received there, unless somebody moved it. */
static struct sim_question *find_question(uint32_t socket, const unsigned char *data, uint32_t size)
{
        for (uint32_t i = 0; i < sim_questions.count; i++) {
                uint32_t at = sim_questions.next + i;
                if (at >= sim_questions.count)
                        at -= sim_questions.count;
                struct sim_question *question = &sim_questions.questions[at];
                if (!is_place_of(question, socket, data, size))
                        continue;
                sim_questions.next = at + 1 < sim_questions.count ? at + 1 : 0;
                return question;
        }
        sim_fail("an answer of %" PRIu32 " bytes to nothing that was received", size);
}

static void check_question(const struct sim_question *question, const struct letter *letter,
                           const unsigned char *data)
{
        const struct sim_answer *answer = &letter->answer;
        const struct sim_received *received = &question->received;

        if (!ip_is_equal(question->source, answer->peer) ||
            question->source_port != answer->peer_port)
                sim_fail("an answer to another than who sent the datagram");
        if (!ip_is_equal(question->destination, answer->source))
                sim_fail("an answer from another address than the datagram was sent to");
        if (received->is_answered)
                sim_fail("a second answer to one datagram");
        if (!received->is_truncated && !payload_matches(data, received->size, question->stream, 0))
                sim_fail("an answer of wrong bytes");
}

/* Answers to one peer leave a socket in the order of what they answer. */
static void check_order(const struct sim_question *question)
{
        const struct sim_question *end = sim_questions.questions + sim_questions.count;

        for (const struct sim_question *later = question + 1; later < end; later++)
                if (later->received.is_answered && later->socket == question->socket &&
                    later->source_port == question->source_port &&
                    ip_is_equal(later->source, question->source))
                        sim_fail("an answer behind one to a later datagram");
}

/* Reads a message bit by bit: a datagram may lie in several pieces, but what came as one does not.
 */
static void open_letter(struct letter *letter, const struct msghdr *message, uint32_t socket)
{
        uint32_t segment_size = letter->answer.segment_size;

        if (letter->answer.size == 0) {
                const unsigned char *data =
                    message->msg_iovlen > 0 ? message->msg_iov[0].iov_base : NULL;
                letter->questions[letter->count] = find_question(socket, data, 0);
                check_question(letter->questions[letter->count++], letter, data);
        }
        for (size_t i = 0; i < message->msg_iovlen; i++) {
                const unsigned char *data = message->msg_iov[i].iov_base;
                uint32_t left = (uint32_t)message->msg_iov[i].iov_len;
                while (left > 0) {
                        uint32_t part = segment_size < left ? segment_size : left;
                        letter->questions[letter->count] = find_question(socket, data, part);
                        check_question(letter->questions[letter->count++], letter, data);
                        data += part;
                        left -= part;
                        if (part < segment_size && (left > 0 || i + 1 < message->msg_iovlen))
                                sim_fail("a short datagram is not the last of its message");
                }
        }
}

/* The faults of one message; 0 = it leaves. */
static int fail(const struct letter *letter)
{
        static const int refused[] = { EPERM,        ENETUNREACH, EHOSTUNREACH, EACCES,
                                       ECONNREFUSED, ENETDOWN,    EMSGSIZE,     EINVAL };
        static const int uncut[] = { EINVAL, EMSGSIZE, EIO };

        if (letter->count > 1 && SIM_DRAW(SIM_ANSWER_UNCUT) != SIM_NO_FAULT)
                return -uncut[choice_below(sim.choice, 3)];
        switch ((int)SIM_DRAW(SIM_INTERRUPTED, SIM_NO_BUFFERS, SIM_ANSWER_NO_ROOM,
                              SIM_ANSWER_REFUSED)) {
        case SIM_INTERRUPTED:
                return -EINTR;
        case SIM_NO_BUFFERS:
                return choice_below(sim.choice, 2) == 0 ? -ENOBUFS : -ENOMEM;
        case SIM_ANSWER_NO_ROOM:
                return -EAGAIN;
        case SIM_ANSWER_REFUSED:
                return -refused[choice_below(sim.choice, sizeof(refused) / sizeof(refused[0]))];
        default:
                return 0;
        }
}

static void leave(const struct letter *letter)
{
        for (uint32_t i = 0; i < letter->count; i++) {
                check_order(letter->questions[i]);
                letter->questions[i]->received.is_answered = true;
        }
        sim.figures.answers += letter->count;
        sim.figures.answer_bytes += letter->answer.size;
        sim.figures.cuttings += letter->count > 1;
        kept[kept_count++ % SIM_ANSWERS_KEPT] = letter->answer;
        sim.progress++;
}

/* Reads it to the end, whatever becomes of it. */
static void read_letter(struct letter *letter, const struct sim_socket *socket,
                        const struct msghdr *message)
{
        *letter = (struct letter){ 0 };
        read_name(letter, message, socket);
        read_control(letter, message, socket);
        choose_source(letter, socket);
        measure(letter, message);
        open_letter(letter, message, (uint32_t)(socket - sim.sockets));
}

/* The server was told that it did not leave. */
static void tell(const struct letter *letter, int error)
{
        const struct sim_question *end = sim_questions.questions + sim_questions.count;

        for (uint32_t i = 0; i < letter->count; i++)
                letter->questions[i]->received.error = -error;
        if (error != -EAGAIN)
                return;
        for (struct sim_question *behind = letter->questions[0]; behind < end; behind++)
                if (behind->socket == letter->questions[0]->socket)
                        behind->received.has_no_room = true;
}

static struct sim_socket *begin(int fd)
{
        struct sim_socket *socket = sim_socket(fd);

        if (!socket->is_datagram)
                sim_fail("descriptor %d is no UDP socket", fd);
        return socket;
}

long sys_sendmsg(int fd, const struct msghdr *message)
{
        const struct sim_socket *socket = begin(fd);
        struct letter letter;
        int error = sim_enter(SIM_SENDMSG);

        read_letter(&letter, socket, message);
        if (error == 0)
                error = fail(&letter);
        if (error == 0)
                leave(&letter);
        else
                tell(&letter, error);
        sim_note("sys_sendmsg", fd, letter.answer.size, error);
        return error < 0 ? error : (long)letter.answer.size;
}

/* An error is told of the first alone; of others the caller hears when it tries again. */
int sys_sendmmsg(int fd, struct mmsghdr *messages, unsigned count)
{
        const struct sim_socket *socket = begin(fd);
        struct letter letter;
        int error = sim_enter(SIM_SENDMMSG);
        unsigned sent = 0;

        if (count == 0)
                sim_fail("no answers to send");
        if (error == 0 && count > 1 && SIM_DRAW(SIM_ANSWER_FEW) != SIM_NO_FAULT)
                count = 1 + choice_below(sim.choice, count - 1);
        while (sent < count && error == 0) {
                read_letter(&letter, socket, &messages[sent].msg_hdr);
                error = fail(&letter);
                if (error < 0)
                        break;
                leave(&letter);
                messages[sent++].msg_len = letter.answer.size;
        }
        if (sent == 0) {
                read_letter(&letter, socket, &messages[0].msg_hdr);
                tell(&letter, error);
        }
        sim_note("sys_sendmmsg", fd, count, sent > 0 ? (int)sent : error);
        return sent > 0 ? (int)sent : error;
}
