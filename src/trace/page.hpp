// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace h2h {

// The page of the HTML report, put together by CMake of src/trace/page/, before and behind its data (JSON).
extern const std::string_view kPageHead;
extern const std::string_view kPageTail;

}  // namespace h2h
