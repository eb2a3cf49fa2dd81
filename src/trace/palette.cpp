// SPDX-License-Identifier: Apache-2.0
#include "palette.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace h2h {
namespace {

constexpr Colour kWeights{0xd6, 0x45, 0x50};
constexpr Colour kInputs{0x3f, 0x7f, 0xd1};
constexpr Colour kOutputs{0xe8, 0x9c, 0x31};
constexpr Colour kNoModality{0x9a, 0xa0, 0xa6};

/// Transfers are red, blue and orange, so computations are none of these.
Colour colour_of(LayerType type) {
  switch (type) {
    case LayerType::conv:
      return {0x2f, 0x9e, 0x5f};
    case LayerType::fc:
      return {0x80, 0x5a, 0xc8};
    case LayerType::lstm:
      return {0xc5, 0x4f, 0x9b};
    case LayerType::matmul:
      return {0x13, 0x9a, 0xa3};
    case LayerType::attention:
      return {0x8a, 0x5a, 0x3c};
    case LayerType::pool:
      return {0x9d, 0xbb, 0x4f};
    case LayerType::add:
      return {0x6f, 0x7b, 0x87};
    case LayerType::concat:
      return {0xb3, 0xa0, 0x7c};
  }
  return {};
}

Colour colour_of(Stage stage) {
  return stage == Stage::weights ? kWeights : stage == Stage::input ? kInputs : kOutputs;
}

/// Twelve that differ in hue or lightness, as many as the shipped platforms have FPGAs.
constexpr std::array<Colour, 12> kGroups = {{{0x4e, 0x79, 0xa7},
                                             {0xf2, 0x8e, 0x2b},
                                             {0x59, 0xa1, 0x4f},
                                             {0xe1, 0x57, 0x59},
                                             {0x76, 0xb7, 0xb2},
                                             {0xed, 0xc9, 0x48},
                                             {0xb0, 0x7a, 0xa1},
                                             {0x9c, 0x75, 0x5f},
                                             {0xff, 0x9d, 0xa7},
                                             {0x86, 0xbc, 0xb6},
                                             {0xa0, 0xcb, 0xe8},
                                             {0xd4, 0xa6, 0xc8}}};

}  // namespace

std::string_view to_string(ColourBy what) {
  return what == ColourBy::kind ? "kind" : "modality";
}

std::string Colour::hex() const {
  return fmt::format("#{:02x}{:02x}{:02x}", red, green, blue);
}

Colour colour_of_group(std::size_t index) {
  return kGroups.at(index % kGroups.size());
}

Palette::Palette(const Timeline& timeline, ColourBy what) : what_(what) {
  by_layer_.reserve(timeline.layers.size());
  if (what == ColourBy::kind) {
    std::vector<char> occurs(layer_type_names().size());
    for (const Timeline::Layer& layer : timeline.layers) {
      by_layer_.push_back(colour_of(layer.type));
      occurs[static_cast<std::size_t>(layer.type)] = 1;
    }
    for (std::size_t type = 0; type < occurs.size(); ++type) {
      if (occurs[type] != 0)
        legend_.push_back({layer_type_names()[type], colour_of(static_cast<LayerType>(type))});
    }
    for (std::size_t lane = 0; lane < kLanes.size(); ++lane) {
      const bool used = std::any_of(timeline.fpgas.begin(), timeline.fpgas.end(),
                                    [&](const Timeline::Fpga& fpga) { return !fpga.lanes[lane].empty(); });
      if (kLanes[lane] != Stage::compute && used)
        legend_.push_back({std::string(to_string(kLanes[lane])), colour_of(kLanes[lane])});
    }
    return;
  }
  std::vector<std::string> modalities;
  bool all = true;
  for (const Timeline::Layer& layer : timeline.layers) {
    if (layer.modality.empty()) {
      by_layer_.push_back(kNoModality);
      all = false;
      continue;
    }
    const auto known = std::find(modalities.begin(), modalities.end(), layer.modality);
    const auto index = static_cast<std::size_t>(known - modalities.begin());
    if (known == modalities.end()) {
      modalities.push_back(layer.modality);
      legend_.push_back({layer.modality, colour_of_group(index)});
    }
    by_layer_.push_back(colour_of_group(index));
  }
  if (!all) legend_.push_back({"no modality", kNoModality});
}

Colour Palette::of(const Timeline::Bar& bar) const {
  if (what_ == ColourBy::kind && bar.stage != Stage::compute) return colour_of(bar.stage);
  return by_layer_[bar.layer];
}

}  // namespace h2h
