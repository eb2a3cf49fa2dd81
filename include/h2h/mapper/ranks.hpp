// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <h2h/cost/problem.hpp>

namespace h2h {

/// The layer that alone reads a layer's output, perhaps as several tensors; nothing if there are several, or
/// none.
std::optional<LayerIndex> sole_consumer(const Problem& problem, LayerIndex layer);

/// Seconds saved where a consumer runs right behind its producer on an accelerator of a kind: the loads of
/// what it reads of it, and the store if nobody else reads that.
double saved_by_fusion_s(const Problem& problem, LayerIndex producer, LayerIndex consumer,
                         std::uint32_t kind);

/// What a layer is expected to cost before anything is mapped: every transfer paid, weights only where they
/// fit into no budget of the kind. Time is local to the accelerator here: a layer's own transfers are part of
/// it, so that paths are sums over layers and edges cost nothing. Under direct activations inputs are priced
/// as if they came from the host, as nobody knows yet from which FPGA they come, and only results are stored.
class ExpectedCosts {
 public:
  explicit ExpectedCosts(const Problem& problem);

  const Problem& problem() const { return *problem_; }
  /// Infinite where the kind does not run the layer.
  double seconds(LayerIndex layer, std::uint32_t kind) const;
  /// Over the accelerators that run the layer.
  double mean_s(LayerIndex layer) const { return mean_s_[layer]; }
  double median_s(LayerIndex layer) const { return median_s_[layer]; }
  /// How many accelerators are of a kind.
  std::uint32_t count(std::uint32_t kind) const { return count_[kind]; }

 private:
  const Problem* problem_;
  std::vector<std::uint32_t> count_;        ///< by kind
  std::vector<std::int64_t> budget_bytes_;  ///< by kind, of its roomiest accelerator
  std::vector<double> mean_s_;
  std::vector<double> median_s_;
};

/// HEFT's rank_u: the heaviest path of mean costs from a layer to the end of the network, the layer included.
std::vector<double> upward_ranks_s(const ExpectedCosts& costs);

/// CPOP's rank_d: the heaviest path of mean costs from the start of the network to a layer, the layer left
/// out.
std::vector<double> downward_ranks_s(const ExpectedCosts& costs);

/// DLS's static level: the heaviest path of median costs from a layer to the end, the layer included.
std::vector<double> static_levels_s(const ExpectedCosts& costs);

/// All layers, producers before their consumers and, where that can be, right before one of them: branch
/// after branch, of several that could be next the one of the highest rank first.
std::vector<LayerIndex> depth_first_order(const Problem& problem, std::span<const double> ranks);

/// PEFT's optimistic cost table: least seconds from the end of a layer on a kind, its output stored, to the
/// end of the network, if every layer after it had the accelerator that suits it and its path best.
class OptimisticCosts {
 public:
  explicit OptimisticCosts(const ExpectedCosts& costs);

  double seconds(LayerIndex layer, std::uint32_t kind) const {
    return seconds_[static_cast<std::size_t>(layer) * kinds_ + kind];
  }
  /// PEFT's rank_oct: the mean over the accelerators that run the layer.
  double rank_s(LayerIndex layer) const { return rank_s_[layer]; }

 private:
  std::uint32_t kinds_;
  std::vector<double> seconds_;
  std::vector<double> rank_s_;
};

}  // namespace h2h
