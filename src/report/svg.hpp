// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <pugixml.hpp>

#include <h2h/base/text.hpp>

namespace h2h {

// What pictures (SVG 1.1) are made of.

using SvgAttributes = std::initializer_list<std::pair<const char*, std::string>>;

/// A length in pixels.
inline std::string px(double value) {
  return fmt::format("{:.2f}", value);
}

inline pugi::xml_node add_svg(pugi::xml_node parent, const char* tag, SvgAttributes attributes) {
  pugi::xml_node node = parent.append_child(tag);
  for (const auto& [name, value] : attributes) node.append_attribute(name).set_value(value.c_str());
  return node;
}

inline pugi::xml_node add_svg_text(pugi::xml_node parent, const char* tag, const std::string& text,
                                   SvgAttributes attributes = {}) {
  pugi::xml_node node = add_svg(parent, tag, attributes);
  // XML has no way to write control characters.
  node.append_child(pugi::node_pcdata).set_value(without_controls(text, "\n").c_str());
  return node;
}

}  // namespace h2h
