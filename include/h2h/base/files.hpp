// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace h2h {

/// Whole content of a file (or of a pipe, such as a process substitution).
/// @throws Error (input) if it cannot be read or is larger than 256 MiB
std::string read_file(const std::filesystem::path& path);

/// Writes a file so that at no moment a half-written one bears the name: beside it first, then renamed. A
/// link is followed, and the mode of a file that is there is kept.
/// @throws Error (input) if the folder cannot be written
void write_file(const std::filesystem::path& path, std::string_view content);

/// Whether `write_file()` would find a place to write to, asked before long work.
/// @throws Error (input) as it does
void require_writable(const std::filesystem::path& path);

/// SHA-256 in lower-case hexadecimal.
std::string sha256(std::string_view content);

/// Finds a file as given, then in each of @p folders.
/// @throws Error (input) that names the places looked at and the nearest file name found there
std::filesystem::path find_file(const std::filesystem::path& name,
                                const std::vector<std::filesystem::path>& folders);

}  // namespace h2h
