// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <ranges>
#include <span>
#include <string_view>
#include <vector>

#include <h2h/platform/system.hpp>
#include <h2h/workload/workload.hpp>

namespace h2h {

/// Position of a tensor that a layer reads, from 0; the tensors of one layer are neighbours, inputs before
/// residuals.
using TensorIndex = std::uint32_t;

/// A tensor that a layer reads: from another layer, or the network's own input.
struct Tensor {
  static constexpr LayerIndex kNetworkInput = std::numeric_limits<LayerIndex>::max();

  LayerIndex producer = kNetworkInput;
  LayerIndex consumer = 0;
  Dependency::Role role = Dependency::Role::input;

  bool is_network_input() const { return producer == kNetworkInput; }
};

/// How a tensor gets from the accelerator that made it to another one.
enum class Activations : std::uint8_t {
  host,   ///< over host memory: its producer stores it, its consumer loads it (section 4.1 of the paper)
  direct  ///< the consumer pulls it from the producer's FPGA
};
std::string_view to_string(Activations activations);

/// A workload on a system, with all costs computed once: what mappers and evaluators work on.
///
/// Costs depend on an accelerator only through its model, data widths and routes, so accelerators that agree
/// in these are of one *kind*, and tables hold a row a layer and a column a kind; one that holds buffered
/// weights is a kind of its own. Immutable, so that threads
/// may share one; the workload and the system must outlive it.
///
/// Under direct activations a layer's output goes to the host only if it is a result of the network, or if a
/// layer on the same accelerator reads it that is not fused with its producer: an accelerator's DRAM keeps
/// for its own layers what is fused, so that the rest comes back over the host as ever. What other FPGAs pull
/// waits where it was made, and is not counted in the DRAM there.
class Problem {
 public:
  /// In place of an accelerator: a tensor, or weights, are in host memory.
  static constexpr AcceleratorIndex kHost = std::numeric_limits<AcceleratorIndex>::max();

  /// Cost of a layer on a kind of accelerator. Seconds are those of an uncontended network.
  struct LayerCost {
    double compute_s = 0;  ///< computation and local DRAM; infinite where the layer cannot run
    double weights_s = 0;  ///< transfer of the weights, 0 if it has none
    double output_s = 0;   ///< transfer of the output
    std::int64_t weight_bytes = 0;
    std::int64_t output_bytes = 0;
  };

  /// @param buffered by layer: the accelerator in whose DRAM its weights lie already, or kHost; empty: all
  /// are
  ///        in host memory. A layer whose weights are buffered runs there alone and has none to transfer; the
  ///        system says how much DRAM there is beside them (see WarmProblem).
  /// @throws Error (infeasible) if some layer runs on no accelerator; (usage) if direct activations are
  ///         wanted and the system has no routes between its accelerators
  Problem(const Workload& workload, const System& system, Activations activations = Activations::host,
          std::span<const AcceleratorIndex> buffered = {});

  /// The same workload, with the same weights buffered, on another system of the same accelerators.
  Problem on(const System& system) const { return {*workload_, system, activations_, buffered_}; }

  /// By layer: where its weights are buffered; empty: all are in host memory.
  std::span<const AcceleratorIndex> buffered() const { return buffered_; }

  const Workload& workload() const { return *workload_; }
  const System& system() const { return *system_; }
  Activations activations() const { return activations_; }
  bool is_direct() const { return activations_ == Activations::direct; }

  LayerIndex layers() const { return static_cast<LayerIndex>(workload_->size()); }
  AcceleratorIndex accelerators() const { return static_cast<AcceleratorIndex>(kind_.size()); }
  TensorIndex tensors() const { return static_cast<TensorIndex>(tensors_.size()); }
  std::uint32_t kinds() const { return static_cast<std::uint32_t>(representative_.size()); }

  const Tensor& tensor(TensorIndex tensor) const { return tensors_[tensor]; }
  /// Tensors that a layer reads, in the order in which they are transferred.
  auto inputs(LayerIndex layer) const {
    return std::views::iota(first_input_[layer], first_input_[layer + 1]);
  }
  /// Tensors that other layers read of a layer's output.
  std::span<const TensorIndex> outputs(LayerIndex layer) const {
    return {outputs_.data() + first_output_[layer], outputs_.data() + first_output_[layer + 1]};
  }
  /// Whether nobody reads the layer's output, so that it is a result of the network.
  bool is_result(LayerIndex layer) const { return first_output_[layer] == first_output_[layer + 1]; }
  /// Whether the layer's output goes to the host for others than layers on the same accelerator.
  bool is_stored_for_others(LayerIndex layer) const { return !is_direct() || is_result(layer); }

  /// Layers so that each stands behind its producers; the first in file order first.
  std::span<const LayerIndex> topological_order() const { return topological_order_; }

  std::uint32_t kind(AcceleratorIndex accelerator) const { return kind_[accelerator]; }
  /// The first accelerator of a kind.
  AcceleratorIndex representative(std::uint32_t kind) const { return representative_[kind]; }

  const LayerCost& cost_on_kind(LayerIndex layer, std::uint32_t kind) const {
    return costs_[static_cast<std::size_t>(layer) * kinds() + kind];
  }
  const LayerCost& cost(LayerIndex layer, AcceleratorIndex accelerator) const {
    return cost_on_kind(layer, kind_[accelerator]);
  }
  /// Seconds to transfer a tensor from host memory.
  double input_s_on_kind(TensorIndex tensor, std::uint32_t kind) const {
    return input_s_[static_cast<std::size_t>(tensor) * kinds() + kind];
  }
  double input_s(TensorIndex tensor, AcceleratorIndex accelerator) const {
    return input_s_on_kind(tensor, kind_[accelerator]);
  }
  /// Bytes of a tensor in the data width of an accelerator.
  std::int64_t input_bytes(TensorIndex tensor, AcceleratorIndex accelerator) const;

  /// Where a layer on @p to that is not fused with its producer on @p made finds the tensor: on that
  /// accelerator, or kHost.
  AcceleratorIndex source(AcceleratorIndex made, AcceleratorIndex to) const {
    return is_direct() && made != to ? made : kHost;
  }
  /// Seconds to transfer a tensor from where it is (as `source()` says), in the width of the accelerator that
  /// has it, or of @p to if that is the host.
  double transfer_s(TensorIndex tensor, AcceleratorIndex from, AcceleratorIndex to) const {
    return from == kHost ? input_s(tensor, to) : pull_s(tensor, from, to);
  }
  std::int64_t transfer_bytes(TensorIndex tensor, AcceleratorIndex from, AcceleratorIndex to) const {
    return input_bytes(tensor, from == kHost ? to : from);
  }

  /// Whether the accelerator runs the layer.
  bool runs(LayerIndex layer, AcceleratorIndex accelerator) const {
    return cost(layer, accelerator).compute_s < std::numeric_limits<double>::infinity();
  }
  /// Accelerators that run the layer, in catalogue order.
  std::span<const AcceleratorIndex> candidates(LayerIndex layer) const {
    return candidates_[candidate_list_[layer]];
  }

  /// Seconds of a layer with every transfer paid: step 1's zero locality. Of direct activations an estimate,
  /// as nothing says where its producers run: inputs as if they came from the host.
  double zero_locality_s(LayerIndex layer, AcceleratorIndex accelerator) const;

 private:
  void find_kinds();
  void list_tensors();
  void compute_costs();
  void take_buffered();
  void list_candidates();
  double pull_s(TensorIndex tensor, AcceleratorIndex from, AcceleratorIndex to) const {
    return system_->peers.speed_of(from, to).seconds(
        peer_bytes_[static_cast<std::size_t>(tensor) * kinds() + kind_[from]]);
  }

  const Workload* workload_;
  const System* system_;
  Activations activations_;
  std::vector<AcceleratorIndex> buffered_;
  std::vector<LayerIndex> topological_order_;
  std::vector<Tensor> tensors_;
  std::vector<Dependency> dependencies_;  ///< by tensor; of a network input the whole feature map
  std::vector<TensorIndex> first_input_;
  std::vector<TensorIndex> outputs_;
  std::vector<std::uint32_t> first_output_;
  std::vector<std::uint32_t> kind_;
  std::vector<AcceleratorIndex> representative_;
  std::vector<LayerCost> costs_;
  std::vector<double> input_s_;
  std::vector<double> peer_bytes_;  ///< by tensor and kind of its producer; of direct activations
  std::vector<std::vector<AcceleratorIndex>> candidates_;
  std::vector<std::uint32_t> candidate_list_;
};

}  // namespace h2h
