// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <ostream>
#include <string>
#include <string_view>

#include <h2h/mapping/mapping.hpp>

namespace h2h {

/// Writes a mapping as YAML: for each accelerator its order and pinned layers, and the fused pairs.
void write_mapping(std::ostream& out, const Problem& problem, const Mapping& mapping);

/// Reads a mapping that `write_mapping` or a user wrote; it reads back to the same schedule.
/// @throws Error (input) with the place, if it is not a complete mapping of this workload on this platform
Mapping read_mapping(const std::filesystem::path& path, const Problem& problem);
Mapping parse_mapping(std::string_view yaml, const std::string& file, const Problem& problem);

}  // namespace h2h
