// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string_view>

#include <h2h/workload/workload.hpp>

namespace h2h {

/// Reads a workload from YAML; workloads/README.md describes the format.
/// @throws Error (input) with file, line and column
Workload read_workload(const std::filesystem::path& path);

/// The same from text; @p file appears in messages.
Workload parse_workload(std::string_view yaml, const std::string& file);

}  // namespace h2h
