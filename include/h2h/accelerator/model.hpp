// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <h2h/base/section.hpp>
#include <h2h/workload/layer.hpp>

namespace h2h {

/// What limits a layer on an accelerator.
enum class Bottleneck : std::uint8_t {
  compute,  ///< its arithmetic
  dram,     ///< its local DRAM
  given,    ///< a measured time
};
std::string_view to_string(Bottleneck bottleneck);

/// Time that an accelerator spends on a layer: computation and local DRAM, transfers to the host excluded.
struct ComputeTime {
  double seconds = 0;
  Bottleneck bottleneck = Bottleneck::compute;
};

/// What a model may need to know of the device that it describes.
struct Device {
  std::string name;
  int weight_bits = 32;
  int activation_bits = 32;
  std::optional<double> dram_Bps;  ///< bandwidth of the local DRAM, where the catalogue gives one

  /// Bytes that a layer moves between the chip and its local DRAM at least: weights once, input and output
  /// once.
  double layer_bytes(const Layer& layer) const;

  /// Bandwidth of the local DRAM. @throws Error (input) if the catalogue gives none
  double require_dram_Bps(const Section& parameters) const;
};

/// The performance model P_acc of an accelerator (section 3 of the paper).
///
/// A model is a constant: the same layer takes the same time, whatever runs elsewhere. It is asked once for
/// each layer; the answers are kept in the cost table.
class AcceleratorModel {
 public:
  virtual ~AcceleratorModel() = default;

  /// Whether layers of this type run at all. The catalogue may offer fewer types, never more.
  virtual bool runs(LayerType type) const = 0;

  /// Time for a layer with its batch; nothing if just this layer cannot run.
  virtual std::optional<ComputeTime> time(const Layer& layer) const = 0;
};

/// Makes a model from the `parameters` of a catalogue entry. It reads every parameter that it knows; whoever
/// calls it refuses the rest.
using ModelFactory =
    std::function<std::shared_ptr<const AcceleratorModel>(const Section& parameters, const Device& device)>;

/// A family of models, such as `roofline`, under which accelerators are described by parameters alone.
struct ModelFamily {
  std::string name;
  std::string summary;  ///< one line
  ModelFactory make;
  std::string origin = {};  ///< file of the plug-in that it is from; empty: built in. A Registry sets it.
};

}  // namespace h2h
