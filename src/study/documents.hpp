// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <h2h/accelerator/catalogue.hpp>
#include <h2h/platform/platform_xml.hpp>
#include <h2h/study/study.hpp>
#include <h2h/workload/workload.hpp>

namespace h2h {

// Workloads, platforms and catalogues with values of a study in the place of their own. The values stand in
// the documents before these are checked, so every check and message is the usual one.

/// Whether a path leads into the platform (`links.`, `hosts.`) rather than into its catalogue.
bool is_platform_path(std::string_view path);

/// Paths that a study can set in a platform: `links.ID.KEY` and `hosts.ID.KEY`, the key an attribute that the
/// element has, a property that it has, or one that h2h-sim knows.
std::vector<std::string> platform_paths(const PlatformFile& platform);
std::vector<std::string> catalogue_paths(std::string_view yaml, const std::string& file);

/// The platform with those of @p parameters that are its own; its lines keep their numbers, unless a tag
/// spans several.
/// @pre their paths are among `platform_paths()`
PlatformFile platform_with(const PlatformFile& platform, std::span<const Parameter> parameters);

/// The catalogue with those of @p parameters that are its own. @pre their paths are among `catalogue_paths()`
/// @throws Error (input) as parse_catalogue()
Catalogue catalogue_with(std::string_view yaml, const std::string& file,
                         std::span<const Parameter> parameters, const ModelFamilies& families);

/// A workload with the modalities that a point asks for. @throws Error (usage) for unknown ones
Workload with_modalities(const Workload& workload, const std::string& modalities);

}  // namespace h2h
