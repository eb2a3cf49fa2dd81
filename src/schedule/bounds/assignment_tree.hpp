// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "least_times.hpp"

namespace h2h::bounds {

/// Prices of what a mapping uses, all of them at least 0.
struct Prices {
  std::vector<double> seconds;  ///< of a second of a layer's slot, by layer and group
  std::vector<double> pinned;   ///< of a byte of pinned weights, by group
  std::vector<double> down;     ///< of a byte from the host, by group
  std::vector<double> up;       ///< of a byte to the host, by group
};

/// What a choice of groups, pins and fused edges uses.
struct Use {
  std::vector<double> slot_s;        ///< by layer
  std::vector<GroupIndex> group;     ///< by layer
  std::vector<double> pinned_bytes;  ///< by group
  std::vector<double> down_bytes;    ///< by group
  std::vector<double> up_bytes;      ///< by group
};

/// The cheapest choice of groups, pins and fused edges under given prices, by dynamic programming along a
/// spanning forest of the edges: exact on trees (chains with joins and forks that do not meet again);
/// elsewhere the transfers of the other edges cost nothing.
class AssignmentTree {
 public:
  explicit AssignmentTree(const Slots& slots);

  /// @returns the cost of the cheapest choice, described in @p use
  double minimise(const Prices& prices, Use& use);

 private:
  static constexpr std::uint32_t kRoot = static_cast<std::uint32_t>(-1);

  /// Least costs of the part of a tree that hangs on a layer, by the layer's group.
  struct State {
    double kept;    ///< the output is not stored
    double stored;  ///< it is
    double least() const { return kept < stored ? kept : stored; }
  };

  void grow();
  void cost_of_layer(LayerIndex layer, const Prices& prices);
  void choose(LayerIndex layer, const Prices& prices, Use& use);
  void account(LayerIndex layer, const Prices& prices, Use& use) const;
  State& state(LayerIndex layer, GroupIndex group) { return states_[at(layer, group)]; }
  std::size_t at(LayerIndex layer, GroupIndex group) const {
    return static_cast<std::size_t>(layer) * groups_ + group;
  }
  double input_cost(const Edge& edge, GroupIndex group, const Prices& prices) const {
    return prices.seconds[at(edge.consumer, group)] * edge.input_s[group] +
           prices.down[group] * edge.input_bytes[group];
  }

  const Slots& slots_;
  std::size_t groups_;
  std::vector<LayerIndex> order_;                     ///< parents first
  std::vector<std::uint32_t> parent_;                 ///< by layer: the edge to its parent
  std::vector<std::vector<std::uint32_t>> children_;  ///< by layer: the edges to its children
  std::vector<State> states_;
  std::vector<char> is_stored_;  ///< by layer, in the choice at hand
  std::vector<char> is_fused_;   ///< by edge
};

}  // namespace h2h::bounds
