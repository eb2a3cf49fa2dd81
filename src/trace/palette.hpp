// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <h2h/trace/export.hpp>

namespace h2h {

/// A colour, 8 bits a part.
struct Colour {
  std::uint8_t red = 0;
  std::uint8_t green = 0;
  std::uint8_t blue = 0;

  /// `#1b9e77`, for SVG, HTML and Graphviz.
  std::string hex() const;
  friend bool operator==(const Colour&, const Colour&) = default;
};

/// A colour with what it stands for.
struct LegendEntry {
  std::string label;
  Colour colour;
};

/// Any number of things that are told apart, such as accelerators; beyond the palette colours come again.
Colour colour_of_group(std::size_t index);

/// The colours of the bars of a timeline.
class Palette {
 public:
  Palette(const Timeline& timeline, ColourBy what);

  Colour of(const Timeline::Bar& bar) const;
  /// What occurs, in a fixed order.
  const std::vector<LegendEntry>& legend() const { return legend_; }

 private:
  ColourBy what_;
  std::vector<Colour> by_layer_;  ///< of its computation; with modalities of all its bars
  std::vector<LegendEntry> legend_;
};

}  // namespace h2h
