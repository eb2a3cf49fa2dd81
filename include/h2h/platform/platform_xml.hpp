// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <h2h/base/error.hpp>

namespace h2h {

/// What only the XML knows of a platform: SimGrid drops the properties of split-duplex links, and no line
/// numbers survive its loading.
struct PlatformXml {
  struct LinkPower {
    double idle_W = 0;
    double busy_W = 0;
    bool split_duplex = false;
  };
  std::map<std::string, LinkPower> link_power;  ///< by link id, of links with such properties
  struct Host {
    Location where;
    std::size_t rank = 0;  ///< in file order
  };
  std::map<std::string, Host> hosts;
  std::vector<std::string> settings;  ///< `KEY:VALUE` of its <config>
  std::string catalogue;              ///< property `accelerators` of the root zone, empty if there is none
};

/// A platform file, read once: what is recorded, checked and handed to SimGrid are the same bytes, also where
/// they come through a pipe.
struct PlatformFile {
  /// @throws Error (input) if the file cannot be read
  explicit PlatformFile(std::filesystem::path from);
  /// What was read from a file already, perhaps changed since.
  PlatformFile(std::filesystem::path from, std::string content)
      : path(std::move(from)), xml(std::move(content)) {}

  std::filesystem::path path;
  std::string xml;
};

/// Properties of links that mean something to h2h-sim.
const std::vector<std::string>& link_properties();

/// Checks a platform file for whatever makes SimGrid 3.32 abort, crash, or accept nonsense in silence:
/// duplicate or unknown ids, numbers that are not positive and finite, unknown routing, disconnected zones,
/// hosts without links, events and included files. What SimGrid reports well itself is left to it.
/// @throws Error (input) with the place
PlatformXml check_platform_xml(const std::filesystem::path& path);
PlatformXml check_platform_text(const std::string& xml, const std::string& file);

}  // namespace h2h
