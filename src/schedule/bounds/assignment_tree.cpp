// SPDX-License-Identifier: Apache-2.0
#include "assignment_tree.hpp"

#include <algorithm>

namespace h2h::bounds {

AssignmentTree::AssignmentTree(const Slots& slots)
    : slots_(slots),
      groups_(slots.group_count()),
      parent_(slots.layers(), kRoot),
      children_(slots.layers()),
      states_(static_cast<std::size_t>(slots.layers()) * groups_),
      is_stored_(slots.layers()),
      is_fused_(slots.edges().size()) {
  grow();
}

void AssignmentTree::grow() {
  std::vector<char> seen(slots_.layers());
  const auto topological = slots_.problem().topological_order();
  for (std::size_t i = topological.size(); i-- > 0;) {
    if (seen[topological[i]] != 0) continue;
    seen[topological[i]] = 1;
    std::size_t next = order_.size();
    order_.push_back(topological[i]);
    for (; next < order_.size(); ++next) {
      const LayerIndex layer = order_[next];
      for (const auto* edges : {&slots_.inputs(layer), &slots_.outputs(layer)}) {
        for (const std::uint32_t e : *edges) {
          const Edge& edge = slots_.edges()[e];
          const LayerIndex other = edge.producer == layer ? edge.consumer : edge.producer;
          if (seen[other] != 0) continue;
          seen[other] = 1;
          parent_[other] = e;
          children_[layer].push_back(e);
          order_.push_back(other);
        }
      }
    }
  }
}

void AssignmentTree::cost_of_layer(LayerIndex layer, const Prices& prices) {
  for (GroupIndex g = 0; g < groups_; ++g) {
    const SlotCost& cost = slots_.cost(layer, g);
    if (!cost.runs()) {
      state(layer, g) = {kNever, kNever};
      continue;
    }
    const double price = prices.seconds[at(layer, g)];
    double kept = price * cost.fixed_s + prices.down[g] * cost.down_bytes + prices.up[g] * cost.up_bytes;
    if (cost.weight_bytes > 0) {
      const auto bytes = static_cast<double>(cost.weight_bytes);
      kept += std::min(price * cost.weights_s + prices.down[g] * bytes, prices.pinned[g] * bytes);
    }
    state(layer, g) = {kept, kept + price * cost.output_s + prices.up[g] * cost.output_bytes};
  }
  for (const std::uint32_t e : children_[layer]) {
    const Edge& edge = slots_.edges()[e];
    const bool child_consumes = edge.producer == layer;
    const LayerIndex child = child_consumes ? edge.consumer : edge.producer;
    double elsewhere = kNever;
    for (GroupIndex g = 0; g < groups_; ++g) {
      if (!slots_.cost(child, g).runs()) continue;
      elsewhere = std::min(elsewhere, child_consumes ? state(child, g).least() + input_cost(edge, g, prices)
                                                     : state(child, g).stored);
    }
    for (GroupIndex g = 0; g < groups_; ++g) {
      if (!slots_.cost(layer, g).runs()) continue;
      State& here = state(layer, g);
      const double fused = edge.may_fuse[g] != 0 ? state(child, g).least() : kNever;
      if (child_consumes) {
        here.kept += fused;
        here.stored += std::min(fused, elsewhere);
      } else {
        const double least = std::min(fused, elsewhere + input_cost(edge, g, prices));
        here.kept += least;
        here.stored += least;
      }
    }
  }
}

void AssignmentTree::choose(LayerIndex layer, const Prices& prices, Use& use) {
  GroupIndex chosen = 0;
  bool stored = false;
  double least = kNever;
  const auto consider = [&](GroupIndex g, bool is_stored, double cost) {
    if (cost >= least) return;
    least = cost;
    chosen = g;
    stored = is_stored;
  };
  const std::uint32_t e = parent_[layer];
  if (e == kRoot) {
    for (GroupIndex g = 0; g < groups_; ++g) {
      consider(g, false, state(layer, g).kept);
      consider(g, true, state(layer, g).stored);
    }
  } else {
    const Edge& edge = slots_.edges()[e];
    const bool consumes = edge.consumer == layer;
    const LayerIndex parent = consumes ? edge.producer : edge.consumer;
    const GroupIndex with = use.group[parent];
    double fused = kNever;
    if (edge.may_fuse[with] != 0) {
      consider(with, false, state(layer, with).kept);
      consider(with, true, state(layer, with).stored);
      fused = least;
    }
    if (!consumes) {
      for (GroupIndex g = 0; g < groups_; ++g)
        consider(g, true, state(layer, g).stored + input_cost(edge, with, prices));
    } else if (is_stored_[parent] != 0) {
      for (GroupIndex g = 0; g < groups_; ++g) {
        const double input = input_cost(edge, g, prices);
        consider(g, false, state(layer, g).kept + input);
        consider(g, true, state(layer, g).stored + input);
      }
    }
    is_fused_[e] = fused == least ? 1 : 0;
  }
  use.group[layer] = chosen;
  is_stored_[layer] = stored ? 1 : 0;
}

void AssignmentTree::account(LayerIndex layer, const Prices& prices, Use& use) const {
  const GroupIndex g = use.group[layer];
  const SlotCost& cost = slots_.cost(layer, g);
  double seconds = cost.fixed_s;
  use.down_bytes[g] += cost.down_bytes;
  use.up_bytes[g] += cost.up_bytes;
  if (cost.weight_bytes > 0) {
    const auto bytes = static_cast<double>(cost.weight_bytes);
    if (prices.seconds[at(layer, g)] * cost.weights_s + prices.down[g] * bytes < prices.pinned[g] * bytes) {
      seconds += cost.weights_s;
      use.down_bytes[g] += bytes;
    } else {
      use.pinned_bytes[g] += bytes;
    }
  }
  const auto fetch = [&](std::uint32_t e) {
    if (is_fused_[e] != 0) return;
    seconds += slots_.edges()[e].input_s[g];
    use.down_bytes[g] += slots_.edges()[e].input_bytes[g];
  };
  if (parent_[layer] != kRoot && slots_.edges()[parent_[layer]].consumer == layer) fetch(parent_[layer]);
  for (const std::uint32_t e : children_[layer]) {
    if (slots_.edges()[e].consumer == layer) fetch(e);
  }
  if (is_stored_[layer] != 0) {
    seconds += cost.output_s;
    use.up_bytes[g] += cost.output_bytes;
  }
  use.slot_s[layer] = seconds;
}

double AssignmentTree::minimise(const Prices& prices, Use& use) {
  use.slot_s.assign(slots_.layers(), 0);
  use.group.assign(slots_.layers(), 0);
  for (auto* bytes : {&use.pinned_bytes, &use.down_bytes, &use.up_bytes}) bytes->assign(groups_, 0);
  for (std::size_t i = order_.size(); i-- > 0;) cost_of_layer(order_[i], prices);
  double sum = 0;
  for (const LayerIndex layer : order_) {
    choose(layer, prices, use);
    if (parent_[layer] == kRoot) sum += state(layer, use.group[layer]).least();
  }
  for (const LayerIndex layer : order_) account(layer, prices, use);
  return sum;
}

}  // namespace h2h::bounds
