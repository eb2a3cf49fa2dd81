// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include <h2h/cost/problem.hpp>

namespace h2h {

/// Where and in which order layers run, and what stays in local DRAM: G_sys of the paper, as plain data.
struct Mapping {
  static constexpr AcceleratorIndex kUnmapped = std::numeric_limits<AcceleratorIndex>::max();

  std::vector<AcceleratorIndex> accelerator;   ///< by layer
  std::vector<std::vector<LayerIndex>> order;  ///< by accelerator: its layers as they run
  std::vector<char> pinned;                    ///< by layer: its weights are in the accelerator's DRAM
  std::vector<char> fused;                     ///< by tensor: it stays in the DRAM where it was made

  /// Nothing mapped yet.
  static Mapping none(const Problem& problem);

  /// Whether every layer has its accelerator.
  bool is_complete() const;

  /// Appends a layer to the order of an accelerator.
  void append(LayerIndex layer, AcceleratorIndex to);

  friend bool operator==(const Mapping&, const Mapping&) = default;
};

/// All layers so that each stands behind its producers and behind its predecessor on its accelerator; shorter
/// than the workload where these orders contradict each other.
std::vector<LayerIndex> execution_sequence(const Problem& problem, const Mapping& mapping);

/// Whether a layer's output goes to the host: somebody reads it from there, or it is a result of the network.
bool is_stored(const Problem& problem, const Mapping& mapping, LayerIndex layer);

/// Where a tensor that is not fused comes from: an accelerator, or Problem::kHost.
AcceleratorIndex source_of(const Problem& problem, const Mapping& mapping, TensorIndex tensor);

/// By layer: the pinned weights, all of which a cold run has to load.
std::vector<char> all_loads(const Problem& problem, const Mapping& mapping);

/// The mapping by which a run goes that has weights to load: what it loads is not pinned yet.
/// @param loads by layer; empty: none
Mapping while_loading(const Mapping& mapping, std::span<const char> loads);

}  // namespace h2h
