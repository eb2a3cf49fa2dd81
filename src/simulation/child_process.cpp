// SPDX-License-Identifier: Apache-2.0
#include "child_process.hpp"

#include <cerrno>
#include <cstdio>

#include <sys/wait.h>
#include <unistd.h>

namespace h2h {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Location, file, line, column)

void send_json(Channel& channel, const nlohmann::json& value) {
  const std::vector<std::uint8_t> bytes = nlohmann::json::to_cbor(value);
  channel.send_all(std::span<const std::uint8_t>(bytes));
}

nlohmann::json receive_json(Channel& channel) {
  std::vector<std::uint8_t> bytes;
  channel.receive_all(bytes);
  return nlohmann::json::from_cbor(bytes);
}

nlohmann::json as_json(const Error& error) {
  return {{"kind", static_cast<int>(error.kind())},
          {"where", error.where()},
          {"message", error.message()},
          {"hint", error.hint()}};
}

Error error_from(const nlohmann::json& json) {
  return {static_cast<ErrorKind>(json.at("kind").get<int>()), json.at("where").get<Location>(),
          json.at("message").get<std::string>(), json.at("hint").get<std::string>()};
}

void leave(int status) {
  static_cast<void>(std::fflush(nullptr));
  ::_exit(status);
}

bool wait_for(pid_t child, int* status) {
  pid_t ended = -1;
  do {
    ended = ::waitpid(child, status, 0);
  } while (ended < 0 && errno == EINTR);
  return ended == child;
}

}  // namespace h2h
