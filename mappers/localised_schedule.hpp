// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <h2h/mapping/locality.hpp>
#include <h2h/schedule/incremental.hpp>

namespace h2h {

/// A mapping under change whose pins and fusions follow steps 2 and 3.
class LocalisedSchedule {
 public:
  LocalisedSchedule(const Problem& problem, const Mapping& mapping, LocalityRules rules)
      : state_(problem, mapping), allocator_(problem, rules) {}

  IncrementalSchedule& state() { return state_; }
  const IncrementalSchedule& state() const { return state_; }
  /// Whether every knapsack so far was solved exactly.
  bool exact() const { return allocator_.exact(); }

  /// Steps 2 and 3 for one accelerator, whose order has changed.
  void relocalise(AcceleratorIndex accelerator) {
    order_.clear();
    for (LayerIndex layer = state_.first(accelerator); layer != IncrementalSchedule::kNone;
         layer = state_.after(layer)) {
      order_.push_back(layer);
    }
    const auto pinned = allocator_.pin(accelerator, order_);
    for (std::size_t i = 0; i < order_.size(); ++i) state_.set_pinned(order_[i], pinned[i] != 0);
    const auto fused = allocator_.fuse(accelerator, order_, pinned);
    auto next = fused.begin();  // fuse() lists tensors in the order in which they are met here
    for (const LayerIndex layer : order_) {
      for (const TensorIndex tensor : state_.problem().inputs(layer)) {
        const bool is_fused = next != fused.end() && *next == tensor;
        if (is_fused) ++next;
        state_.set_fused(tensor, is_fused);
      }
    }
  }

 private:
  IncrementalSchedule state_;
  DramAllocator allocator_;
  std::vector<LayerIndex> order_;
};

}  // namespace h2h
