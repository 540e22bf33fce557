/* SPDX-License-Identifier: MIT */
/*
 * Asio's echo, as in its own examples: a session that shares ownership of itself with the one
 * operation under way, read some, then write all of it. One thread, and Asio is told so.
 */
#include <array>
#include <memory>
#include <utility>

#include <asio.hpp>

#include "peer.h"

namespace
{

using asio::ip::tcp;

class session : public std::enable_shared_from_this<session>
{
      public:
        explicit session(tcp::socket socket) : socket_(std::move(socket))
        {
        }

        void start()
        {
                asio::error_code ignored;

                socket_.set_option(tcp::no_delay(true), ignored);
                read();
        }

      private:
        void read()
        {
                auto self = shared_from_this();

                socket_.async_read_some(
                    asio::buffer(data_),
                    [this, self](const asio::error_code &error, std::size_t size) {
                            if (!error)
                                    write(size);
                    });
        }

        void write(std::size_t size)
        {
                auto self = shared_from_this();

                asio::async_write(socket_, asio::buffer(data_, size),
                                  [this, self](const asio::error_code &error, std::size_t) {
                                          if (!error)
                                                  read();
                                  });
        }

        tcp::socket socket_;
        /* The examples take 1 KiB; this much costs little at rest and is kinder to bulk. */
        std::array<char, 4096> data_;
};

void accept_next(tcp::acceptor &acceptor)
{
        acceptor.async_accept([&acceptor](const asio::error_code &error, tcp::socket socket) {
                if (!error)
                        std::make_shared<session>(std::move(socket))->start();
                accept_next(acceptor);
        });
}

} // namespace

int main(int argc, char **argv)
{
        const sockaddr_in address = peer_start(argc, argv);
        asio::io_context context(1);
        tcp::acceptor acceptor(context, tcp::v4(), peer_listen(&address, SOCK_NONBLOCK));

        accept_next(acceptor);
        context.run();
}
