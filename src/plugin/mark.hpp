// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <set>
#include <string>
#include <string_view>

namespace h2h {

/// What an H2H_PLUGIN in a shared object says of itself.
struct PluginMark {
  std::string name;  ///< its entry point is `h2h_plugin_NAME`
  std::string interface_number;
  std::string version;  ///< of the headers that it was built with

  std::string entry_point() const { return "h2h_plugin_" + name; }
  friend auto operator<=>(const PluginMark&, const PluginMark&) = default;
};

/// The marks in the content of a shared object, without loading it: those of another version must be told
/// before they can do harm, and often they cannot be loaded at all.
std::set<PluginMark> find_marks(std::string_view content);

}  // namespace h2h
