// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <sys/types.h>

#include <h2h/base/error.hpp>

#include "channel.hpp"

namespace h2h {

// What processes and the children that they fork have to do with each other.

void send_json(Channel& channel, const nlohmann::json& value);
nlohmann::json receive_json(Channel& channel);

/// An error on its way from a child, and back.
nlohmann::json as_json(const Error& error);
Error error_from(const nlohmann::json& json);

/// Ends a child, its streams flushed (a log may go to a file), without what the caller has registered for its
/// own end.
[[noreturn]] void leave(int status);

/// Waits for a child to its end, however often a signal interrupts. @returns whether there was one
bool wait_for(pid_t child, int* status);

}  // namespace h2h
