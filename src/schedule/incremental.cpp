// SPDX-License-Identifier: Apache-2.0
#include <h2h/schedule/incremental.hpp>

#include <algorithm>
#include <bit>
#include <cassert>

namespace h2h {

IncrementalSchedule::IncrementalSchedule(const Problem& problem, const Mapping& mapping)
    : problem_(&problem),
      nodes_(problem.layers()),
      lists_(problem.accelerators()),
      fused_(mapping.fused),
      by_rank_(execution_sequence(problem, mapping)),
      dirty_((problem.layers() + kWordBits - 1) / kWordBits),
      saved_in_(problem.layers()),
      list_saved_in_(problem.accelerators()),
      visited_in_(problem.layers()) {
  assert(by_rank_.size() == nodes_.size());
  for (AcceleratorIndex a = 0; a < lists_.size(); ++a) {
    for (const LayerIndex layer : mapping.order[a]) {
      Node& node = nodes_[layer];
      node.accelerator = a;
      node.before = lists_[a].last;
      (node.before == kNone ? lists_[a].first : nodes_[node.before].after) = layer;
      lists_[a].last = layer;
    }
  }
  for (LayerIndex layer = 0; layer < nodes_.size(); ++layer) {
    nodes_[layer].pinned = mapping.pinned[layer] != 0;
    for (const TensorIndex tensor : problem.outputs(layer)) {
      nodes_[layer].stored_outputs += is_stored_for(tensor) ? 1 : 0;
    }
    pending_.push_back(layer);
  }
  for (std::uint32_t rank = 0; rank < by_rank_.size(); ++rank) nodes_[by_rank_[rank]].rank = rank;
  latency_s();
  commit();
}

IncrementalSchedule::Node& IncrementalSchedule::change(LayerIndex layer) {
  if (saved_in_[layer] != attempt_) {
    saved_in_[layer] = attempt_;
    saved_nodes_.push_back({layer, nodes_[layer]});
  }
  return nodes_[layer];
}

IncrementalSchedule::List& IncrementalSchedule::change_list(AcceleratorIndex accelerator) {
  if (list_saved_in_[accelerator] != attempt_) {
    list_saved_in_[accelerator] = attempt_;
    saved_lists_.push_back({accelerator, lists_[accelerator]});
  }
  return lists_[accelerator];
}

void IncrementalSchedule::invalidate(LayerIndex layer) {
  change(layer).stale = true;
  pending_.push_back(layer);
}

void IncrementalSchedule::unlink(LayerIndex layer) {
  const Node node = nodes_[layer];
  if (node.before == kNone) {
    change_list(node.accelerator).first = node.after;
  } else {
    change(node.before).after = node.after;
  }
  if (node.after == kNone) {
    change_list(node.accelerator).last = node.before;
  } else {
    change(node.after).before = node.before;
    pending_.push_back(node.after);
  }
}

void IncrementalSchedule::link(LayerIndex layer, AcceleratorIndex to, LayerIndex predecessor) {
  const LayerIndex successor = predecessor == kNone ? lists_[to].first : nodes_[predecessor].after;
  Node& node = change(layer);
  if (node.accelerator != to) change_accelerator(layer, to);
  node.before = predecessor;
  node.after = successor;
  if (predecessor == kNone) {
    change_list(to).first = layer;
  } else {
    change(predecessor).after = layer;
  }
  if (successor == kNone) {
    change_list(to).last = layer;
  } else {
    change(successor).before = layer;
    pending_.push_back(successor);
  }
  invalidate(layer);
}

/// Whether somebody reads the tensor from host memory.
bool IncrementalSchedule::is_stored_for(TensorIndex tensor) const {
  const auto& [producer, consumer, role] = problem_->tensor(tensor);
  return fused_[tensor] == 0 &&
         problem_->source(nodes_[producer].accelerator, nodes_[consumer].accelerator) == Problem::kHost;
}

void IncrementalSchedule::count_stored(TensorIndex tensor, bool stored) {
  const LayerIndex layer = problem_->tensor(tensor).producer;
  Node& producer = change(layer);
  const bool was_stored = producer.stored_outputs > 0;
  producer.stored_outputs += stored ? 1 : -1;
  if (was_stored != (producer.stored_outputs > 0)) invalidate(layer);
}

/// Under direct activations where a layer runs decides on its consumers' transfers, and on whether its own
/// output and those of its producers go to the host.
void IncrementalSchedule::change_accelerator(LayerIndex layer, AcceleratorIndex to) {
  if (!problem_->is_direct()) {
    nodes_[layer].accelerator = to;
    return;
  }
  const auto recount = [&](TensorIndex tensor, bool was_stored) {
    if (is_stored_for(tensor) != was_stored) count_stored(tensor, !was_stored);
  };
  // By tensor, inputs before outputs: whether it was read from the host until now.
  stored_before_.clear();
  for (const TensorIndex tensor : problem_->inputs(layer))
    stored_before_.push_back(!problem_->tensor(tensor).is_network_input() && is_stored_for(tensor) ? 1 : 0);
  for (const TensorIndex tensor : problem_->outputs(layer))
    stored_before_.push_back(is_stored_for(tensor) ? 1 : 0);
  nodes_[layer].accelerator = to;
  auto before = stored_before_.begin();
  for (const TensorIndex tensor : problem_->inputs(layer)) {
    const bool was_stored = *before++ != 0;
    if (!problem_->tensor(tensor).is_network_input()) recount(tensor, was_stored);
  }
  for (const TensorIndex tensor : problem_->outputs(layer)) {
    recount(tensor, *before++ != 0);
    invalidate(problem_->tensor(tensor).consumer);
  }
}

bool IncrementalSchedule::move(LayerIndex layer, AcceleratorIndex to, LayerIndex predecessor) {
  assert(predecessor != layer && (predecessor == kNone || nodes_[predecessor].accelerator == to));
  assert(problem_->runs(layer, to));
  unlink(layer);
  link(layer, to, predecessor);
  const LayerIndex successor = nodes_[layer].after;
  return (predecessor == kNone || put_before(predecessor, layer)) &&
         (successor == kNone || put_before(layer, successor));
}

void IncrementalSchedule::set_pinned(LayerIndex layer, bool pinned) {
  if (nodes_[layer].pinned == pinned) return;
  change(layer).pinned = pinned;
  invalidate(layer);
}

void IncrementalSchedule::set_fused(TensorIndex tensor, bool fused) {
  if ((fused_[tensor] != 0) == fused) return;
  const bool was_stored = is_stored_for(tensor);
  fused_[tensor] = fused ? 1 : 0;
  toggled_.push_back(tensor);
  if (is_stored_for(tensor) != was_stored) count_stored(tensor, !was_stored);
  invalidate(problem_->tensor(tensor).consumer);
}

// The layers from `from` on in the topological order up to rank `highest`; false on meeting `forbidden`.
bool IncrementalSchedule::collect_forward(LayerIndex from, std::uint32_t highest, LayerIndex forbidden) {
  forward_.assign(1, from);
  visited_in_[from] = visit_;
  const auto visit = [&](LayerIndex layer) {
    if (visited_in_[layer] == visit_ || nodes_[layer].rank > highest) return;
    visited_in_[layer] = visit_;
    forward_.push_back(layer);
  };
  for (std::size_t i = 0; i < forward_.size(); ++i) {
    const LayerIndex layer = forward_[i];
    if (layer == forbidden) return false;
    if (nodes_[layer].after != kNone) visit(nodes_[layer].after);
    for (const TensorIndex tensor : problem_->outputs(layer)) visit(problem_->tensor(tensor).consumer);
  }
  return true;
}

void IncrementalSchedule::collect_backward(LayerIndex from, std::uint32_t lowest) {
  backward_.assign(1, from);
  visited_in_[from] = visit_;
  const auto visit = [&](LayerIndex layer) {
    if (visited_in_[layer] == visit_ || nodes_[layer].rank < lowest) return;
    visited_in_[layer] = visit_;
    backward_.push_back(layer);
  };
  for (std::size_t i = 0; i < backward_.size(); ++i) {
    const LayerIndex layer = backward_[i];
    if (nodes_[layer].before != kNone) visit(nodes_[layer].before);
    for (const TensorIndex tensor : problem_->inputs(layer)) {
      if (const LayerIndex producer = problem_->tensor(tensor).producer; producer != Tensor::kNetworkInput)
        visit(producer);
    }
  }
}

/// Repairs the order of ranks for a new constraint; false if it closes a cycle.
bool IncrementalSchedule::put_before(LayerIndex earlier, LayerIndex later) {
  const std::uint32_t highest = nodes_[earlier].rank;
  const std::uint32_t lowest = nodes_[later].rank;
  if (highest < lowest) return true;
  ++visit_;
  if (!collect_forward(later, highest, earlier)) return false;
  collect_backward(earlier, lowest);
  const auto by_rank = [&](LayerIndex a, LayerIndex b) { return nodes_[a].rank < nodes_[b].rank; };
  std::sort(forward_.begin(), forward_.end(), by_rank);
  std::sort(backward_.begin(), backward_.end(), by_rank);
  // What must come first takes the lower of the ranks that both sets hold together.
  ranks_.clear();
  for (const LayerIndex layer : backward_) ranks_.push_back(nodes_[layer].rank);
  for (const LayerIndex layer : forward_) ranks_.push_back(nodes_[layer].rank);
  std::sort(ranks_.begin(), ranks_.end());
  std::size_t next = 0;
  for (const auto* part : {&backward_, &forward_}) {
    for (const LayerIndex layer : *part) {
      change(layer).rank = ranks_[next];
      by_rank_[ranks_[next++]] = layer;
    }
  }
  return true;
}

// The same sum in the same order as layer_seconds(), on which bit-wise equality rests.
LayerSeconds IncrementalSchedule::seconds(LayerIndex layer) const {
  const Node& node = nodes_[layer];
  const std::uint32_t kind = problem_->kind(node.accelerator);
  const Problem::LayerCost& cost = problem_->cost_on_kind(layer, kind);
  double sum = node.pinned ? 0 : cost.weights_s;
  for (const TensorIndex tensor : problem_->inputs(layer)) {
    if (fused_[tensor] != 0) continue;
    const LayerIndex producer = problem_->tensor(tensor).producer;
    sum +=
        !problem_->is_direct() || producer == Tensor::kNetworkInput
            ? problem_->input_s_on_kind(tensor, kind)
            : problem_->transfer_s(tensor, problem_->source(nodes_[producer].accelerator, node.accelerator),
                                   node.accelerator);
  }
  sum += cost.compute_s;
  const double to_end = node.stored_outputs > 0 || problem_->is_result(layer) ? sum + cost.output_s : sum;
  return {problem_->is_direct() ? sum : to_end, to_end};
}

void IncrementalSchedule::recompute(LayerIndex layer) {
  Node& node = nodes_[layer];
  double start_s = node.before == kNone ? 0 : nodes_[node.before].end_s;
  for (const TensorIndex tensor : problem_->inputs(layer)) {
    const LayerIndex producer = problem_->tensor(tensor).producer;
    if (producer != Tensor::kNetworkInput) start_s = std::max(start_s, nodes_[producer].output_s);
  }
  const LayerSeconds taken = node.stale ? seconds(layer) : node.seconds;
  const double end_s = start_s + taken.to_end;
  const double output_s = start_s + taken.to_output;
  const bool same = end_s == node.end_s && output_s == node.output_s;
  if (!node.stale && same) return;
  Node& changed = change(layer);
  changed.seconds = taken;
  changed.stale = false;
  if (same) return;
  changed.end_s = end_s;
  changed.output_s = output_s;
  if (changed.after != kNone) mark(nodes_[changed.after].rank);
  for (const TensorIndex tensor : problem_->outputs(layer))
    mark(nodes_[problem_->tensor(tensor).consumer].rank);
}

double IncrementalSchedule::latency_s() {
  auto lowest = static_cast<std::uint32_t>(nodes_.size());
  for (const LayerIndex layer : pending_) {
    mark(nodes_[layer].rank);
    lowest = std::min(lowest, nodes_[layer].rank);
  }
  pending_.clear();
  // Recomputing a layer marks only higher ranks.
  for (std::size_t word = lowest / kWordBits; word < dirty_.size(); ++word) {
    while (dirty_[word] != 0) {
      const auto bit = static_cast<std::uint32_t>(std::countr_zero(dirty_[word]));
      dirty_[word] &= dirty_[word] - 1;
      recompute(by_rank_[word * kWordBits + bit]);
    }
  }
  double latency_s = 0;
  for (const List& list : lists_) {
    if (list.last != kNone) latency_s = std::max(latency_s, nodes_[list.last].end_s);
  }
  return latency_s;
}

void IncrementalSchedule::commit() {
  assert(pending_.empty());
  ++attempt_;
  saved_nodes_.clear();
  saved_lists_.clear();
  toggled_.clear();
}

void IncrementalSchedule::rollback() {
  pending_.clear();
  for (const auto& [layer, node] : saved_nodes_) {
    nodes_[layer] = node;
    by_rank_[node.rank] = layer;
  }
  for (const auto& [accelerator, list] : saved_lists_) lists_[accelerator] = list;
  for (const TensorIndex tensor : toggled_) fused_[tensor] = fused_[tensor] != 0 ? 0 : 1;
  commit();
}

Mapping IncrementalSchedule::mapping() const {
  Mapping mapping = Mapping::none(*problem_);
  mapping.fused = fused_;
  for (AcceleratorIndex a = 0; a < lists_.size(); ++a) {
    for (LayerIndex layer = lists_[a].first; layer != kNone; layer = nodes_[layer].after)
      mapping.append(layer, a);
  }
  for (LayerIndex layer = 0; layer < nodes_.size(); ++layer)
    mapping.pinned[layer] = nodes_[layer].pinned ? 1 : 0;
  return mapping;
}

}  // namespace h2h
