// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

namespace h2h {

/// Does in a child process what might not return, and says what became of the child.
/// @returns "" if @p act returned or threw an Error, so that it may be done here; otherwise what it did
/// instead, such as "crashes (Segmentation fault)"
std::string rehearse(const std::function<void()>& act);

}  // namespace h2h
