// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <sys/types.h>

namespace h2h {

/// Two connected ends through which a process and its child exchange arrays of plain values. Every call
/// throws `boost::system::system_error` when the other side is gone.
class Channel {
 public:
  using Socket = boost::asio::local::stream_protocol::socket;

  Channel();

  /// Forks; each process keeps its own end. @returns as ::fork()
  pid_t fork();

  /// Of this side's end, to wait on several channels at once.
  int descriptor() { return own().native_handle(); }

  /// Ends the conversation, also where a sibling process has inherited this end.
  void shut_down();

  template <typename T>
  void send(const T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    write(&value, sizeof value);
  }
  template <typename T>
  void send_all(std::span<const T> values) {
    static_assert(std::is_trivially_copyable_v<T>);
    send(static_cast<std::uint64_t>(values.size()));
    write(values.data(), values.size_bytes());
  }
  template <typename T>
  T receive() {
    T value;
    read(&value, sizeof value);
    return value;
  }
  template <typename Container>
  void receive_all(Container& values) {
    values.resize(receive<std::uint64_t>());
    read(values.data(), values.size() * sizeof(typename Container::value_type));
  }

 private:
  Socket& own() { return is_child_ ? child_ : parent_; }
  void write(const void* data, std::size_t bytes);
  void read(void* data, std::size_t bytes);

  boost::asio::io_context context_;
  Socket parent_;
  Socket child_;
  bool is_child_ = false;
};

}  // namespace h2h
