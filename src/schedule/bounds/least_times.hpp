// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

#include <h2h/cost/problem.hpp>

namespace h2h::bounds {

constexpr double kNever = std::numeric_limits<double>::infinity();

/// Position of a group in Groups.
using GroupIndex = std::uint32_t;

/// Accelerators that cannot be told apart: of one kind, with memories of one size.
struct Group {
  std::uint32_t kind = 0;
  AcceleratorIndex first = 0;
  std::uint32_t count = 0;
  std::int64_t weight_budget_bytes = 0;
  std::int64_t dram_bytes = 0;

  /// For pinned weights, on each of them.
  std::int64_t room_bytes() const { return std::min(weight_budget_bytes, dram_bytes); }
};

/// What a layer costs on an accelerator of a group in any valid mapping, split by what a mapping decides.
struct SlotCost {
  double fixed_s =
      kNever;            ///< computation, network inputs, weights that cannot be pinned, output of a result
  double weights_s = 0;  ///< of weights that compete for the budget; those that always fit cost nothing
  std::int64_t weight_bytes = 0;  ///< likewise
  double output_s = 0;    ///< of an output that is stored only if a consumer is elsewhere; 0 if it is pulled
  double down_bytes = 0;  ///< from the host, of what is fixed
  double up_bytes = 0;    ///< to the host, of what is fixed
  double output_bytes = 0;  ///< of the output in output_s

  bool runs() const { return fixed_s < kNever; }
};

/// An edge between layers, with what it costs where it is not fused.
struct Edge {
  LayerIndex producer = 0;
  LayerIndex consumer = 0;
  std::vector<double> input_s;      ///< by group of the consumer; if pulled, over the quickest route there is
  std::vector<double> input_bytes;  ///< likewise, from the host; 0 if pulled
  std::vector<char> may_fuse;       ///< by group: both ends run there and the tensor fits into the DRAM
};

/// A problem as the bounds see it. Nothing here depends on the order in which an accelerator runs its layers,
/// so that what follows holds for fusion of any scope.
///
/// Under direct activations a slot ends with the computation, or with a result in host memory: what a layer
/// stores for others on its accelerator comes on top, and only makes a schedule longer.
class Slots {
 public:
  /// What of a layer counts.
  enum class Content : std::uint8_t {
    all,         ///< serial execution: an accelerator runs one slot after the other
    path,        ///< overlapped: what paths are made of, without what may come while others compute
    computation  ///< overlapped: what an accelerator does one after the other
  };

  explicit Slots(const Problem& problem, Content content = Content::all);

  /// Whether the inputs of a layer are transferred within its slot, which starts when all of them exist.
  bool waits_for_all() const { return content_ == Content::all; }
  const Problem& problem() const { return *problem_; }
  LayerIndex layers() const { return problem_->layers(); }
  const std::vector<Group>& groups() const { return groups_; }
  GroupIndex group_of(AcceleratorIndex accelerator) const { return group_of_[accelerator]; }
  GroupIndex group_count() const { return static_cast<GroupIndex>(groups_.size()); }
  const SlotCost& cost(LayerIndex layer, GroupIndex group) const {
    return costs_[static_cast<std::size_t>(layer) * groups_.size() + group];
  }
  /// Edges in topological order of their producers; tensors between the same two layers are one edge.
  const std::vector<Edge>& edges() const { return edges_; }
  /// Positions of a layer's edges in edges().
  const std::vector<std::uint32_t>& inputs(LayerIndex layer) const { return inputs_[layer]; }
  const std::vector<std::uint32_t>& outputs(LayerIndex layer) const { return outputs_[layer]; }

 private:
  void find_groups();
  void find_quickest_routes();
  void compute_costs();
  void list_edges();
  double input_s(TensorIndex tensor, GroupIndex group) const;

  const Problem* problem_;
  Content content_;
  std::vector<PeerRoutes::Speed> quickest_;  ///< by group of the sender and of the receiver
  std::vector<Group> groups_;
  std::vector<GroupIndex> group_of_;
  std::vector<SlotCost> costs_;
  std::vector<Edge> edges_;
  std::vector<std::vector<std::uint32_t>> inputs_;
  std::vector<std::vector<std::uint32_t>> outputs_;
};

/// An input of a layer: it stays in the accelerator, where it exists at `fused_s`, or is transferred when the
/// slot has started.
struct Arrival {
  double fused_s;
  double stored_s;  ///< when the host has it
  double transfer_s;
};

/// The least time at which all inputs of a layer are in its accelerator, where its slot does not start before
/// @p start_s.
/// @param wait whether no transfer begins before all inputs exist
double inputs_there_s(const std::vector<Arrival>& arrivals, double start_s = 0, bool wait = true);

/// When a layer can start at the earliest, and how long it takes at the least from its start until all is
/// done, if it runs on a given group: dynamic programming along the edges with the cheapest cuts (section
/// 4.1's slots; transfers belong to the slots at both ends).
class Windows {
 public:
  explicit Windows(const Slots& slots);
  /// The same of some layers alone, by layer: from the moment when everything else that they read exists, to
  /// the moment when they are done.
  Windows(const Slots& slots, const std::vector<char>& inside);

  /// Least start of the layer's slot.
  double head_s(LayerIndex layer, GroupIndex group) const { return head_s_[at(layer, group)]; }
  /// Least time from the end of the layer's slot to the end of all.
  double tail_s(LayerIndex layer, GroupIndex group) const { return tail_s_[at(layer, group)]; }
  /// Least time from the moment when its output is in the local DRAM to the end of all.
  double rest_s(LayerIndex layer, GroupIndex group) const { return rest_s_[at(layer, group)]; }
  /// Least latency of a mapping with the layer there; infinite where it does not run.
  double through_s(LayerIndex layer, GroupIndex group) const { return through_s_[at(layer, group)]; }
  /// Least latency of all.
  double latency_s() const { return latency_s_; }

 private:
  std::size_t at(LayerIndex layer, GroupIndex group) const {
    return static_cast<std::size_t>(layer) * groups_ + group;
  }

  std::size_t groups_;
  std::vector<double> head_s_;
  std::vector<double> tail_s_;
  std::vector<double> rest_s_;
  std::vector<double> through_s_;
  double latency_s_ = 0;
};

}  // namespace h2h::bounds
