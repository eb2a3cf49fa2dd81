// SPDX-License-Identifier: Apache-2.0
#include "channel.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <unistd.h>

namespace h2h {

Channel::Channel() : parent_(context_), child_(context_) {
  boost::asio::local::connect_pair(parent_, child_);
}

pid_t Channel::fork() {
  context_.notify_fork(boost::asio::execution_context::fork_prepare);
  const pid_t child = ::fork();
  is_child_ = child == 0;
  context_.notify_fork(is_child_ ? boost::asio::execution_context::fork_child
                                 : boost::asio::execution_context::fork_parent);
  if (child >= 0) (is_child_ ? parent_ : child_).close();
  return child;
}

void Channel::shut_down() {
  boost::system::error_code ignored;
  own().shutdown(Socket::shutdown_both, ignored);
  own().close(ignored);
}

void Channel::write(const void* data, std::size_t bytes) {
  boost::asio::write(own(), boost::asio::buffer(data, bytes));
}

void Channel::read(void* data, std::size_t bytes) {
  boost::asio::read(own(), boost::asio::buffer(data, bytes));
}

}  // namespace h2h
