// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <span>

#include <h2h/plugin/registry.hpp>

namespace h2h {

/// Loads a plug-in, a shared object with at least one H2H_PLUGIN, and adds to @p registry what it registers.
/// A file that the registry has already is left alone.
///
/// None of its code runs before its mark has shown that it was built against this interface and version; then
/// it is loaded in a child process first, so that one that crashes, exits or never returns on loading takes
/// the child with it and not the caller.
///
/// A shared object that was loaded stays until the process ends. Whatever is made by it (models, steps,
/// functions, exceptions) may therefore outlive the registry and everything else.
///
/// @throws Error (input) that names the file: cannot be read, is no shared object or no plug-in, was built
/// for another version, needs a symbol or a library that is not there, crashes, throws, or has a name that is
/// taken. The registry is then as before.
void load_plugin(Registry& registry, const std::filesystem::path& file);

/// Loads every `*.so` of some folders, folder by folder, in the order of their names.
/// @throws Error (input) as load_plugin(), and if a folder cannot be read
void load_plugins(Registry& registry, std::span<const std::filesystem::path> folders);

}  // namespace h2h
