// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <h2h/accelerator/model.hpp>

namespace h2h {

/// How the input feature map is counted that crosses the network.
enum class IfmExtent : std::uint8_t {
  input,          ///< N x (R stride) x (C stride)
  output_doubled  ///< the authors' release: conv N x 2R x 2C whatever the stride, one step of an LSTM in and
                  ///< out
};
std::string_view to_string(IfmExtent extent);

/// An entry of a catalogue: one accelerator design on its board.
struct AcceleratorType {
  Device device;
  std::set<LayerType> layer_types;
  std::string family;
  std::shared_ptr<const AcceleratorModel> model;
  double dram_bytes = 0;      ///< capacity M_acc of the local DRAM
  double weight_share = 0.5;  ///< the part of it that may hold pinned weights
  double active_W = 0;
  double idle_W = 0;
  std::string paper;
  std::string board;
  std::vector<std::pair<std::string, std::string>>
      provenance;  ///< of each number: paper, code, derived, assumed

  const std::string& name() const { return device.name; }
  /// Time for a layer; nothing if this accelerator does not run it.
  std::optional<ComputeTime> time(const Layer& layer) const;
};

/// The accelerators that a platform can draw on, by name, in file order.
struct Catalogue {
  std::string file;
  IfmExtent ifm_extent = IfmExtent::input;
  std::vector<AcceleratorType> types;

  /// @returns nothing if there is no such entry
  const AcceleratorType* find(std::string_view name) const;
  std::vector<std::string> names() const;
};

/// Families of accelerator models by name.
using ModelFamilies = std::map<std::string, ModelFamily, std::less<>>;

/// Reads a catalogue from YAML; platforms/README.md describes the format.
/// @throws Error (input) with file, line and column
Catalogue read_catalogue(const std::filesystem::path& path, const ModelFamilies& families);
Catalogue parse_catalogue(std::string_view yaml, const std::string& file, const ModelFamilies& families);
/// Of a document that was parsed from @p file, perhaps changed since.
Catalogue parse_catalogue(const Section& root, const std::string& file, const ModelFamilies& families);

}  // namespace h2h
