// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include <h2h/mapping/mapping.hpp>

namespace h2h {

/// Where a layer would run, and when.
struct Placement {
  static constexpr LayerIndex kFront = std::numeric_limits<LayerIndex>::max();

  LayerIndex layer = 0;
  AcceleratorIndex accelerator = Mapping::kUnmapped;
  LayerIndex behind = kFront;  ///< the layer before it on that accelerator; kFront: none
  bool pinned = false;         ///< its weights fit into what is left of the weight budget
  bool fused = false;          ///< what it reads of `behind` stays in DRAM
  double start_s = 0;
  double end_s = 0;  ///< with its output stored
};

/// A mapping that grows layer by layer, with the times that the analytic evaluator gives it: what list
/// schedulers work on.
///
/// Locality is decided as layers are placed. Weights are pinned if the budget still has room for them. A
/// layer right behind one that it reads is fused with it if the DRAM has room; where it is the only reader,
/// the producer's store is saved after the fact, so that the producer ends, and the accelerator is free,
/// earlier. Nothing else depends on that end, so times once given to other layers hold, and the latency of
/// the finished mapping is that of `analytic_latency_s()` to the last bit.
///
/// Optionally layers fill gaps, in which an accelerator waits for inputs; never between fused layers.
///
/// Under direct activations times are estimates. Whether a layer's output goes to the host is known only when
/// a layer on the same accelerator reads it that is not fused: that layer then pays for the store, so that
/// the accelerator's load is right and only the place of the store in it is not.
class PartialSchedule {
 public:
  static constexpr LayerIndex kNone = Placement::kFront;

  PartialSchedule(const Problem& problem, bool fills_gaps);

  const Problem& problem() const { return *problem_; }
  bool is_placed(LayerIndex layer) const { return nodes_[layer].accelerator != Mapping::kUnmapped; }
  AcceleratorIndex accelerator(LayerIndex layer) const { return nodes_[layer].accelerator; }
  /// End of a layer; 0 while it is not placed.
  double end_s(LayerIndex layer) const { return nodes_[layer].end_s; }
  double latency_s() const;

  /// Where the layer ends first on an accelerator that runs it. Producers that are not placed do not count.
  Placement earliest(LayerIndex layer, AcceleratorIndex accelerator) const;

  /// Places among which are the layer's earliest ends on all accelerators: on those that could fuse it, in
  /// gaps, and of the rest of each kind on those that are free first. Accelerators of a kind differ in
  /// nothing but when they are free and what their DRAM has left.
  /// @param per_kind how many of the earliest ends of each kind are wanted
  /// @param places emptied and filled
  void list_placements(LayerIndex layer, std::size_t per_kind, std::vector<Placement>& places) const;

  /// @pre one of the above, with nothing placed since
  void place(const Placement& placement);
  /// Takes back the last placement.
  void undo();

  Mapping mapping() const;

 private:
  struct Node {
    AcceleratorIndex accelerator = Mapping::kUnmapped;
    LayerIndex before = kNone;
    LayerIndex after = kNone;
    double start_s = 0;
    double kept_end_s = 0;  ///< if its output stays in DRAM
    double end_s = 0;
    std::int64_t fused_input_bytes = 0;
    bool pinned = false;
    bool fused = false;
    LayerIndex stored_for = kNone;  ///< of direct activations: the layer that pays for the store
  };
  struct Device {
    LayerIndex first = kNone;
    LayerIndex last = kNone;
    double free_s = 0;
    std::int64_t pinned_bytes = 0;
    std::int64_t fused_peak_bytes = 0;
  };
  /// What a placement changed, as it was before.
  struct Change {
    LayerIndex layer = 0;
    double behind_end_s = 0;
    Device device = {};
  };

  bool reads(LayerIndex layer, LayerIndex producer) const;
  bool can_pin(LayerIndex layer, AcceleratorIndex accelerator) const;
  bool can_fuse(LayerIndex layer, LayerIndex producer, bool pinned) const;
  double seconds(LayerIndex layer, AcceleratorIndex accelerator, bool pinned, LayerIndex fused) const;
  double output_s(LayerIndex layer, AcceleratorIndex accelerator) const;
  template <typename Visit>
  void for_stored_producers(LayerIndex layer, AcceleratorIndex accelerator, LayerIndex fused,
                            const Visit& visit) const;
  Placement behind(LayerIndex layer, AcceleratorIndex accelerator, LayerIndex predecessor) const;
  std::optional<Placement> in_gap(LayerIndex layer, AcceleratorIndex accelerator, double ready_s) const;
  void list_gaps(LayerIndex layer, std::size_t per_kind, std::vector<Placement>& places) const;
  double ready_s(LayerIndex layer, LayerIndex except) const;
  double gap_ready_s(LayerIndex layer) const;
  void set_device(AcceleratorIndex accelerator, const Device& device);

  const Problem* problem_;
  bool fills_gaps_;
  std::vector<Node> nodes_;
  std::vector<Device> devices_;
  std::vector<LayerIndex> sole_consumer_;               ///< by layer; kNone where several read it, or none
  std::vector<std::vector<AcceleratorIndex>> by_free_;  ///< by kind: accelerators by the time they are free
  std::vector<Change> changes_;
};

}  // namespace h2h
